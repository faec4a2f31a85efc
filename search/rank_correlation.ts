// Whether two judges put the same things in the same order.

/** Ranks from 1; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1]] === values[order[start]]) end++;
    for (let place = start; place <= end; place++) result[order[place]] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return result;
}

/**
 * Spearman's rank correlation of paired values, from -1 to 1; null of fewer than three pairs, and where all values of
 * one side are equal. RangeError on unequal lengths.
 */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  if (a.length !== b.length) throw new RangeError(`Pairs have two values each, got ${a.length} and ${b.length}`);
  if (a.length < 3) return null;
  const [one, other] = [ranks(a), ranks(b)];
  const middle = (a.length + 1) / 2;
  let [product, square, otherSquare] = [0, 0, 0];
  for (const [index, rank] of one.entries()) {
    product += (rank - middle) * (other[index] - middle);
    square += (rank - middle) ** 2;
    otherSquare += (other[index] - middle) ** 2;
  }
  return square === 0 || otherSquare === 0 ? null : product / Math.sqrt(square * otherSquare);
}

/**
 * 95 % interval of Spearman's rank correlation of `count` pairs, by Fisher's transform with the variance of Bonett and
 * Wright (2000); null of fewer than four pairs, and without a correlation. A perfect order, whose transform is infinite,
 * is judged as the next one, with two neighbours exchanged.
 */
export function spearmanInterval(correlation: number | null, count: number): [low: number, high: number] | null {
  if (correlation === null || count < 4) return null;
  const next = 1 - 12 / (count * (count ** 2 - 1));
  const judged = Math.min(next, Math.max(-next, correlation));
  const half = 1.959964 * Math.sqrt((1 + judged ** 2 / 2) / (count - 3));
  const end = (side: number) => Math.tanh(Math.atanh(judged) + side * half);
  return [Math.min(correlation, end(-1)), Math.max(correlation, end(1))];
}
