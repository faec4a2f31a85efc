// Jobs over the dataset of bars, with its file in a folder of their own.
import { encodeDataset } from "../../../src/data/canonical_file.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import type { LogitsJob, TrainJob } from "../../../search/trainers/job.ts";
import { barDataset } from "../../src/training/fixtures.ts";

export interface JobFolder {
  folder: string;
  /** 7 steps on the labels, weights as `NAME.safetensors`. */
  training(architecture: Architecture, name: string, changes?: Partial<TrainJob>): TrainJob;
  /** The only block of the first view. */
  logits(teacher: string): LogitsJob;
}

/** Runs `body` with a folder that holds the dataset. */
export async function withJobs(body: (jobs: JobFolder) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nacre-test-" });
  try {
    await Deno.writeFile(`${folder}/bars`, encodeDataset(barDataset()));
    const data = { dataset: `${folder}/bars`, dataSeed: 1, validationImages: 60 };
    await body({
      folder,
      training: (architecture, name, changes) => ({
        kind: "train",
        ...data,
        architecture,
        seed: 3,
        trainImages: 240,
        epochs: 1,
        batchSize: 32,
        views: 1,
        peakLearningRate: 0.01,
        distiller: "none",
        distillerOptions: {},
        weights: `${folder}/${name}.safetensors`,
        test: true,
        ...changes,
      }),
      logits: (teacher) => ({
        kind: "logits",
        ...data,
        teacher: `${folder}/${teacher}.safetensors`,
        folder: `${folder}/logits`,
        view: 0,
        block: 0,
      }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
