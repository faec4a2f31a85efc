// Which checkpoints of a teacher's training a student passes, and for how long.

/** `count` rising numbers from 1 to `last` at equal intervals, ending at `last`; fewer where `last` is below `count`. */
export function equalIntervals(last: number, count: number): number[] {
  const anchors = Math.min(last, count);
  return Array.from({ length: anchors }, (_, index) => Math.round((index + 1) * last / anchors));
}

/**
 * The next anchor of a student at `current`: the first later checkpoint from which it is farther by `threshold` than
 * from the current one, relative to that; the last one where there is none. `divergences[i]`: KL(checkpoint i ||
 * student). The paper's greedy search compares such ratios with a threshold too; that this is its very test is not
 * verified.
 */
export function nextAnchor(divergences: readonly number[], current: number, threshold: number): number {
  const bound = (1 + threshold) * divergences[current];
  const next = divergences.findIndex((value, index) => index > current && value > bound);
  return next < 0 ? divergences.length - 1 : next;
}
