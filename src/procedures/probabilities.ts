// Probabilities in plain numbers, for what procedures compare between whole networks.

/** Softmax of each row of `logits` `[rows, classes]`. */
export function probabilitiesOf(logits: Float32Array, classes: number, temperature = 1): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const end = start + classes;
    let most = -Infinity;
    for (let place = start; place < end; place++) most = Math.max(most, logits[place]);
    let sum = 0;
    for (let place = start; place < end; place++) sum += Math.exp((logits[place] - most) / temperature);
    for (let place = start; place < end; place++) {
      probabilities[place] = Math.exp((logits[place] - most) / temperature) / sum;
    }
  }
  return probabilities;
}

/** Logarithms of the softmax of each row of `logits` `[rows, classes]`, finite wherever the logits are. */
export function logProbabilitiesOf(logits: Float32Array, classes: number): Float64Array {
  const logs = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const end = start + classes;
    let most = -Infinity;
    for (let place = start; place < end; place++) most = Math.max(most, logits[place]);
    let sum = 0;
    for (let place = start; place < end; place++) sum += Math.exp(logits[place] - most);
    const logSum = most + Math.log(sum);
    for (let place = start; place < end; place++) logs[place] = logits[place] - logSum;
  }
  return logs;
}

/** Mean over the networks of their probabilities; each of `logits` is `[rows, classes]`. */
export function meanProbabilities(logits: readonly Float32Array[], classes: number): Float32Array {
  const all = logits.map((each) => probabilitiesOf(each, classes));
  return all[0].map((_, place) => all.reduce((sum, each) => sum + each[place], 0) / all.length);
}

// A probability that is too small for its number format; its logarithm would be infinite.
const smallest = 2 ** -126;

/** KL(target || own) summed over all rows; probabilities `[rows, classes]`. */
export function divergence(target: Float32Array, own: Float32Array): number {
  return target.reduce(
    (sum, value, place) => value > 0 ? sum + value * Math.log(value / Math.max(own[place], smallest)) : sum,
    0,
  );
}
