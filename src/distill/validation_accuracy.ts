import { BatchReader } from "../data/batch_reader.ts";
import type { ImageSet } from "../data/dataset.ts";
import type { TrainingData } from "../data/training_data.ts";
import { accuracyOf } from "../procedures/validation.ts";
import type { Teacher } from "../teachers/teacher.ts";

const imagesAtOnce = 250;

async function accuracyOn(
  teacher: Teacher,
  data: TrainingData,
  { indices, onBatch, set }: { set: ImageSet; indices: Uint32Array; onBatch: () => void },
): Promise<number | undefined> {
  if (!teacher.predict) return undefined;
  const { outputs } = teacher.taps;
  const scores = new Float32Array(indices.length * outputs);
  const reader = new BatchReader(data, imagesAtOnce);
  for (let start = 0; start < indices.length; start += imagesAtOnce) {
    const { images } = reader.read(set, indices.subarray(start, start + imagesAtOnce));
    scores.set(await teacher.predict(images), start * outputs);
    onBatch();
  }
  return accuracyOf(scores, Array.from(indices, (index) => set.labels[index]));
}

/** Share of the validation images that `teacher` is right about; undefined where it knows the training images alone. */
export async function validationAccuracy(
  teacher: Teacher,
  data: TrainingData,
  onBatch: () => void = () => {},
): Promise<number | undefined> {
  return await accuracyOn(teacher, data, { set: data.dataset.train, indices: data.validation, onBatch });
}

/** The same of the test images: for the end of a run, once, and never to choose by. */
export async function teacherTestAccuracy(
  teacher: Teacher,
  data: TrainingData,
  onBatch: () => void = () => {},
): Promise<number | undefined> {
  const { test } = data.dataset;
  const indices = Uint32Array.from({ length: test.count }, (_, index) => index);
  return await accuracyOn(teacher, data, { set: test, indices, onBatch });
}
