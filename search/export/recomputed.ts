import type { Weights } from "../../src/models/weights.ts";
import type { TrainingData } from "../../src/data/training_data.ts";
import { runDeployed } from "../../src/export/run_deployed.ts";
import { countMultiplyAdds } from "../../src/ops/layout.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { BatchReader } from "../../src/data/batch_reader.ts";

const mostImages = 2000;
const fewestImages = 64;
/** Some seconds of work in WebAssembly. */
const mostMultiplyAdds = 1e10;
const batchSize = 32;

/**
 * Accuracy of the deployed form on the first validation images, as many as a few seconds allow: what the weights and the
 * normalisation of the export come to together. Rejects with the signal's reason when aborted.
 */
export async function recomputedAccuracy(
  architecture: Architecture,
  weights: Weights,
  { data, signal }: { data: TrainingData; signal?: AbortSignal },
): Promise<{ images: number; accuracy: number }> {
  const affordable = Math.max(fewestImages, Math.floor(mostMultiplyAdds / countMultiplyAdds(architecture)));
  const indices = data.validation.subarray(0, Math.min(mostImages, affordable));
  const reader = new BatchReader(data, batchSize);
  const model = runDeployed(architecture, weights);
  let correct = 0;
  try {
    for (let start = 0; start < indices.length; start += batchSize) {
      signal?.throwIfAborted();
      const { images, labels } = reader.read(data.dataset.train, indices.subarray(start, start + batchSize));
      const logits = await model.logits(images, labels.length);
      for (const [row, label] of labels.entries()) {
        const scores = logits.subarray(row * architecture.classes, (row + 1) * architecture.classes);
        if (scores.indexOf(Math.max(...scores)) === label) correct++;
      }
    }
  } finally {
    await model.dispose();
  }
  return { images: indices.length, accuracy: correct / indices.length };
}
