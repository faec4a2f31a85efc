// Places buffers in one piece of memory, so that those share a place whose lifetimes do not overlap.

/** A buffer's size, and the positions of the first and last step that touch it. */
export interface Lifetime {
  floats: number;
  first: number;
  last: number;
}

const alignment = 16;

/**
 * Offsets of `buffers`, in floats, each a multiple of 16 (a cache line), and the length of the whole. Large ones are
 * placed first, each at the lowest place that is free for all of its life.
 */
export function placeBuffers(buffers: readonly Lifetime[]): { offsets: number[]; floats: number } {
  const offsets = buffers.map(() => 0);
  const placed: number[] = [];
  let floats = 0;
  const bySize = buffers.map((_, index) => index).sort((a, b) => buffers[b].floats - buffers[a].floats || a - b);
  for (const index of bySize) {
    const { first, last, floats: size } = buffers[index];
    // placed is sorted by offset
    let offset = 0;
    for (const other of placed) {
      if (buffers[other].last < first || buffers[other].first > last) continue;
      if (offset + size <= offsets[other]) break;
      offset = Math.max(offset, Math.ceil((offsets[other] + buffers[other].floats) / alignment) * alignment);
    }
    offsets[index] = offset;
    placed.push(index);
    placed.sort((a, b) => offsets[a] - offsets[b]);
    floats = Math.max(floats, offset + size);
  }
  return { offsets, floats };
}
