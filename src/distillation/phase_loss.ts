import * as tf from "@tensorflow/tfjs";
import type { DistillationBatch, Phase } from "./distiller.ts";

/** What a phase's step minimises: `taskLoss`, weighted, and the phase's term; inside a tidy, on the tape. */
export function phaseLoss(phase: Phase, batch: DistillationBatch, taskLoss: () => tf.Scalar): tf.Scalar {
  const terms: tf.Scalar[] = [];
  if (phase.taskWeight !== 0) {
    const weight = typeof phase.taskWeight === "number" ? phase.taskWeight : phase.taskWeight(batch.progress);
    terms.push(tf.mul(taskLoss(), weight));
  }
  if (phase.term) terms.push(phase.term(batch));
  if (terms.length === 0) throw new RangeError(`${phase.name} has neither a task loss nor a term`);
  return tf.addN(terms);
}
