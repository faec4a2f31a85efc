/** A difference of logits, for people: "6.6e-6", or "0" where there is none. */
export function formatDifference(difference: number): string {
  return difference === 0 ? "0" : difference.toExponential(1);
}
