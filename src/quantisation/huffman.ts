// What quantised weights take when each level is written in a Huffman code (Huffman 1952; Han et al. 2015, 1510.00149).

/**
 * Bits of all symbols that occur `counts` times each, in the best prefix code; a single symbol takes a bit each time.
 */
export function huffmanBits(counts: readonly number[]): number {
  const heap = counts.filter((count) => count > 0).sort((a, b) => a - b);
  if (heap.length === 1) return heap[0];
  // Two sorted queues: the sums come out in order.
  const sums: number[] = [];
  let total = 0;
  let leaf = 0;
  let inner = 0;
  const take = () =>
    (inner >= sums.length || (leaf < heap.length && heap[leaf] <= sums[inner])) ? heap[leaf++] : sums[inner++];
  for (let merges = heap.length - 1; merges > 0; merges--) {
    const sum = take() + take();
    total += sum;
    sums.push(sum);
  }
  return total;
}

/** How often each level occurs. */
export function countLevels(levels: ArrayLike<number>): number[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < levels.length; i++) counts.set(levels[i], (counts.get(levels[i]) ?? 0) + 1);
  return [...counts.values()];
}

/** Bits of a code book: for each level a length of 5 bits. */
export function codeBookBits(levels: number): number {
  return 5 * levels;
}
