import { BatchReader } from "../data/batch_reader.ts";
import type { TrainingData } from "../data/training_data.ts";
import { accuracyOf, validationLabels } from "../procedures/validation.ts";
import type { Teacher } from "../teachers/teacher.ts";

const imagesAtOnce = 250;

/** Share of the validation images that `teacher` is right about; undefined where it knows the training images alone. */
export async function validationAccuracy(
  teacher: Teacher,
  data: TrainingData,
  onBatch: () => void = () => {},
): Promise<number | undefined> {
  if (!teacher.predict) return undefined;
  const { dataset, validation } = data;
  const { outputs } = teacher.taps;
  const scores = new Float32Array(validation.length * outputs);
  const reader = new BatchReader(data, imagesAtOnce);
  for (let start = 0; start < validation.length; start += imagesAtOnce) {
    const { images } = reader.read(dataset.train, validation.subarray(start, start + imagesAtOnce));
    scores.set(await teacher.predict(images), start * outputs);
    onBatch();
  }
  return accuracyOf(scores, validationLabels(data));
}
