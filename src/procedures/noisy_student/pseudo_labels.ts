// Which unlabelled images are learned from, and as what: filtering and balancing of Noisy Student, Xie et al. 2019,
// 1911.04252.

/** An image with the class that the teacher sees in it. */
export interface PseudoLabel {
  /** Row of the probabilities. */
  row: number;
  label: number;
  /** Probability of that class. */
  confidence: number;
}

/** Rows of `probabilities` `[rows, classes]` whose largest is at least `threshold`. */
export function confidentRows(probabilities: Float32Array, classes: number, threshold: number): PseudoLabel[] {
  const found: PseudoLabel[] = [];
  for (let row = 0; row * classes < probabilities.length; row++) {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    const confidence = Math.max(...own);
    if (confidence >= threshold) found.push({ row, label: own.indexOf(confidence), confidence });
  }
  return found;
}

/**
 * As many of each class, `perClass`: of one with more the most confident, those of one with fewer several times. A
 * class that the teacher saw nowhere stays without.
 */
export function balance(labels: readonly PseudoLabel[], classes: number, perClass: number): PseudoLabel[] {
  return Array.from({ length: classes }).flatMap((_, label) => {
    const own = labels.filter((each) => each.label === label).sort((a, b) =>
      b.confidence - a.confidence || a.row - b.row
    );
    return own.length === 0 ? [] : Array.from({ length: perClass }, (_, place) => own[place % own.length]);
  });
}

/**
 * Target distribution of a labelled image: `1 - smoothing` on its class, the rest spread over all. Written to `out`.
 */
export function smoothedTarget(label: number, smoothing: number, out: Float32Array): void {
  out.fill(smoothing / out.length);
  out[label] += 1 - smoothing;
}
