import type { SoftTargets } from "../../../../src/engine/network.ts";

/** Logarithms of the softmax of `logits`. */
function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - largest - logSum);
}

/**
 * Hinton et al. 2015, 1503.02531: alpha * CE(labels, z) + (1 - alpha) * T^2 * KL(softmax(t / T) || softmax(z / T)), mean
 * over the batch, and its gradient with respect to the logits z `[batch, classes]`. Without a teacher CE alone.
 */
export function referenceLoss(
  logits: ArrayLike<number>,
  { labels, teacherLogits, temperature, alpha }: SoftTargets,
): { loss: number; gradient: Float64Array } {
  const batch = labels.length;
  const classes = logits.length / batch;
  const gradient = new Float64Array(logits.length);
  const weight = teacherLogits ? alpha : 1;
  let loss = 0;
  for (const [image, label] of labels.entries()) {
    const rowOf = (values: ArrayLike<number>, divisor: number) =>
      Array.from({ length: classes }, (_, k) => values[image * classes + k] / divisor);
    const hard = logSoftmax(rowOf(logits, 1));
    loss -= weight * hard[label] / batch;
    for (let k = 0; k < classes; k++) {
      gradient[image * classes + k] += weight * (Math.exp(hard[k]) - (k === label ? 1 : 0)) / batch;
    }
    if (!teacherLogits) continue;
    const student = logSoftmax(rowOf(logits, temperature));
    const teacher = logSoftmax(rowOf(teacherLogits, temperature));
    for (let k = 0; k < classes; k++) {
      const divergence = Math.exp(teacher[k]) * (teacher[k] - student[k]);
      loss += (1 - weight) * temperature ** 2 * divergence / batch;
      gradient[image * classes + k] += (1 - weight) * temperature * (Math.exp(student[k]) - Math.exp(teacher[k])) /
        batch;
    }
  }
  return { loss, gradient };
}
