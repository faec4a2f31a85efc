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

/** Whether each row's largest entry in `scores` `[labels.length, classes]`, the first of equal ones, is the label's. */
function correctRows(scores: Float32Array, labels: ArrayLike<number>): boolean[] {
  const classes = scores.length / labels.length;
  return Array.from(labels, (label, row) => {
    const one = scores.subarray(row * classes, (row + 1) * classes);
    return one.indexOf(Math.max(...one)) === label;
  });
}

/** Share of the correct rows of `scores` `[labels.length, classes]`. */
export function accuracyOf(scores: Float32Array, labels: ArrayLike<number>): number {
  return correctRows(scores, labels).filter(Boolean).length / labels.length;
}

/** Share of the rows about which every member is right; `members` are logits `[labels.length, classes]`, one or more. */
export function allCorrectShare(members: readonly Float32Array[], labels: ArrayLike<number>): number {
  const correct = members.map((member) => correctRows(member, labels));
  return correct[0].filter((_, row) => correct.every((rows) => rows[row])).length / labels.length;
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
