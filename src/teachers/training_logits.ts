import { BatchReader } from "../data/batch_reader.ts";
import type { TrainingData } from "../data/training_data.ts";
import type { Teacher } from "./teacher.ts";

/** Logits `[trainImages, outputs]` of `teacher` on the first `trainImages` positions of the training part in a view. */
export async function trainingLogits(
  teacher: Teacher,
  { data, trainImages, batchSize, view = 0 }: {
    data: TrainingData;
    trainImages: number;
    batchSize: number;
    view?: number;
  },
): Promise<Float32Array> {
  const all = new Float32Array(trainImages * teacher.taps.outputs);
  const reader = new BatchReader(data, batchSize);
  for (let start = 0; start < trainImages; start += batchSize) {
    const count = Math.min(batchSize, trainImages - start);
    const positions = Uint32Array.from({ length: count }, (_, row) => start + row);
    const indices = positions.map((position) => data.train[position]);
    const batch = reader.read(data.dataset.train, indices, view);
    const { logits } = await teacher.outputs({ ...batch, positions, indices, view, features: [] });
    all.set(logits, start * teacher.taps.outputs);
  }
  return all;
}
