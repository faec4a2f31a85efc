// How procedures score the networks that they train: on the validation images, never on the test part.
import type { TrainingData } from "../data/training_data.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { predictLogits } from "../training/evaluate.ts";
import { buildPredictor } from "../training/predictor.ts";
import type { ProcedureContext, TrainedNetwork } from "./procedure.ts";

/** Class numbers of the validation images. */
export function validationLabels({ dataset, validation }: TrainingData): number[] {
  return Array.from(validation, (index) => dataset.train.labels[index]);
}

/** Logits `[validation images, classes]`; `onBatch` is called once per batch. */
export async function validationLogits(
  { data, engine, signal }: Pick<ProcedureContext, "data" | "engine" | "signal">,
  { architecture, weights }: TrainedNetwork,
  onBatch?: () => void,
): Promise<Float32Array> {
  const predictor = await buildPredictor(architecture, { engine, weights });
  return await disposeAfter(predictor, () =>
    predictLogits(predictor, data, data.dataset.train, data.validation, {
      onBatch() {
        signal?.throwIfAborted();
        onBatch?.();
      },
    }));
}

/** Share of the rows of `scores` `[labels.length, classes]` whose largest is their label's. */
export function accuracyOf(scores: Float32Array, labels: readonly number[]): number {
  const classes = scores.length / labels.length;
  let correct = 0;
  for (const [row, label] of labels.entries()) {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    if (own.indexOf(Math.max(...own)) === label) correct++;
  }
  return correct / labels.length;
}

/** For people: `91.2 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
