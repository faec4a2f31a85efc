// What a search would have prepared before its trials: the dataset, and a teacher's logits (random: they cost the same).
import { BatchReader } from "../src/data/batch_reader.ts";
import { logitBlock, LogitCache } from "../src/data/logit_cache.ts";
import { Random } from "../src/data/random.ts";
import { prepareDataset } from "../src/data/table.ts";
import { prepareTrainingData, type TrainingData } from "../src/data/training_data.ts";
import type { Budget } from "../src/schemas/presets.ts";

/** Images and labels as files of plain numbers. */
export interface TensorFiles {
  /** Float32 `[count, ...shape]`, normalised. */
  images: string;
  /** Int32 `[count]` */
  labels: string;
  count: number;
  /** `[height, width, channels]` */
  shape: number[];
}

export interface TrialsData {
  /** Prepared dataset file, which our trainers open. */
  file: string;
  data: TrainingData;
  /** Folder of a LogitCache. */
  teacherLogits: string;
  /** The same images for PyTorch. */
  train: TensorFiles;
  validation: TensorFiles;
}

function writeTensors(data: TrainingData, indices: Uint32Array, name: string): TensorFiles {
  const { dataset } = data;
  const { images, labels } = new BatchReader(data, indices.length).read(dataset.train, indices);
  const paths = { images: `${name}-images.f32`, labels: `${name}-labels.i32` };
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array) =>
    new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  Deno.writeFileSync(paths.images, bytes(images));
  Deno.writeFileSync(paths.labels, bytes(labels));
  return { ...paths, count: indices.length, shape: [dataset.height, dataset.width, dataset.channels] };
}

/** Prepares both sides' data in `folder`. */
export async function prepareTrialsData(folder: string, budget: Budget): Promise<TrialsData> {
  const { file, dataset } = await prepareDataset("auto", { cacheDir: `${folder}/cache`, log: () => {} });
  const data = prepareTrainingData(dataset, { seed: 0, validationImages: budget.validationImages });
  const classes = dataset.classNames.length;
  const cache = new LogitCache(`${folder}/logits`, { classes, trainCount: data.train.length });
  Deno.mkdirSync(cache.folder, { recursive: true });
  const random = new Random(1);
  for (const place of cache.missing(budget.views, Math.ceil(budget.trainImages / logitBlock) * logitBlock)) {
    const { start, end } = cache.range(place.block);
    await cache.write(place, Float32Array.from({ length: (end - start) * classes }, () => random.normal()));
  }
  return {
    file,
    data,
    teacherLogits: cache.folder,
    train: writeTensors(data, data.train.subarray(0, budget.trainImages), `${folder}/train`),
    validation: writeTensors(data, data.validation, `${folder}/validation`),
  };
}
