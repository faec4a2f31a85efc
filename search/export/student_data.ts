// The images that a student was trained to read, as the run saw them.
import { encode as encodePng } from "fast-png";
import { BatchReader } from "../../src/data/batch_reader.ts";
import { prepareDataset } from "../../src/data/table.ts";
import { prepareTrainingData, type TrainingData } from "../../src/data/training_data.ts";
import type { RunConfig } from "../../src/schemas/run_config.ts";
import type { RunStore } from "../store/run_store.ts";

const mostSamples = 12;

export interface OpenStudentDataOptions {
  /** Lines for people. */
  log: (line: string) => void;
  signal?: AbortSignal;
}

/** Error of one line where the data is not at hand, or not what the run was made on. */
export async function openStudentData(
  store: RunStore,
  dataDir: string,
  { log, signal }: OpenStudentDataOptions,
): Promise<TrainingData> {
  const { dataSeed, dataset: asked, imageSize, run, validationImages } = store.get("config") as RunConfig;
  const name = String(store.get("datasetName") ?? asked);
  const { dataset } = await prepareDataset(name, { cacheDir: `${dataDir}/cache`, imageSize, log, signal });
  const hash = store.get("datasetHash");
  if (hash !== dataset.contentHash) {
    throw new Error(
      `run "${run}" was made on other data than ${dataset.source}: its students cannot be checked with it`,
    );
  }
  return prepareTrainingData(dataset, { seed: dataSeed, validationImages });
}

/** The first `count` validation images, `[count, height, width, channels]`, normalised, with their labels. */
export function validationBatch(data: TrainingData, count: number): { images: Float32Array; labels: Int32Array } {
  const indices = data.validation.subarray(0, count);
  return new BatchReader(data, indices.length).read(data.dataset.train, indices);
}

/** A validation image to show. */
export interface SampleImage {
  /** PNG, base64. */
  png: string;
  label: number;
}

/** The first validation image of each class, up to twelve. */
export function sampleImages({ dataset, validation }: TrainingData): SampleImage[] {
  const { channels, classNames, height, train, width } = dataset;
  const size = height * width * channels;
  const classes = Math.min(mostSamples, classNames.length);
  return Array.from({ length: classes }, (_, label) => validation.find((index) => train.labels[index] === label))
    .filter((index) => index !== undefined)
    .map((index) => {
      const data = train.images.slice(index * size, (index + 1) * size);
      return { png: encodePng({ width, height, channels, depth: 8, data }).toBase64(), label: train.labels[index] };
    });
}
