// What several networks say together: the mean of their probabilities. Pure.

/** Softmax of each row of `logits` `[N, classes]`. */
export function probabilitiesOf(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const most = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
    for (let i = 0; i < classes; i++) probabilities[start + i] = Math.exp(row[i] - most) / sum;
  }
  return probabilities;
}

/** Share of the rows of `scores` `[labels.length, classes]` whose largest entry, the first of equal ones, is the label's. */
export function accuracyOf(scores: Float32Array, labels: ArrayLike<number>): number {
  const classes = scores.length / labels.length;
  let correct = 0;
  for (let row = 0; row < labels.length; row++) {
    const one = scores.subarray(row * classes, (row + 1) * classes);
    if (one.indexOf(Math.max(...one)) === labels[row]) correct++;
  }
  return correct / labels.length;
}

/** Accuracy of the mean of the members' probabilities; `members` are logits `[labels.length, classes]`, one or more. */
export function ensembleAccuracy(members: readonly Float32Array[], labels: ArrayLike<number>): number {
  if (members.length === 0) throw new RangeError("an ensemble takes one network or more, got none");
  const classes = members[0].length / labels.length;
  const sum = new Float32Array(members[0].length);
  for (const member of members) {
    for (const [index, value] of probabilitiesOf(member, classes).entries()) sum[index] += value;
  }
  return accuracyOf(sum, labels);
}
