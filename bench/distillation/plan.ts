// What is to be trained, in order: seed by seed, so that whenever the comparison stops, all methods have as many seeds.
import { architectureHash, contentHash } from "../../src/schemas/architecture.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import type { Recipe } from "./job.ts";
import { type PairName, students, teacherNetwork } from "./networks.ts";
import type { MethodRow } from "./rows.ts";

export const datasetNames = ["fashion-mnist", "cifar10"] as const;
export type ComparedDataset = typeof datasetNames[number];

/** A dataset that is ready: its file for workers, and what keys are made from. */
export interface PreparedDataset {
  file: string;
  dataset: Pick<Dataset, "height" | "width" | "channels" | "classNames" | "contentHash">;
}

export interface Training {
  key: string;
  dataset: ComparedDataset;
  pair: PairName;
  row: MethodRow;
  seed: number;
}

/** Counts up where the meaning of a result changes with none of the things that keys are made from. */
const version = 1;

/** Key of teacher number `index` of a dataset. */
export function teacherKey({ dataset }: PreparedDataset, recipe: Recipe, index: number): string {
  const { batchSize, peakLearningRate, teacherEpochs, teacherTrainImages, validationImages } = recipe;
  const architecture = teacherNetwork({ ...dataset, classes: dataset.classNames.length });
  const numbers = { batchSize, peakLearningRate, teacherEpochs, teacherTrainImages, validationImages };
  return contentHash({
    version,
    architecture: architectureHash(architecture),
    data: dataset.contentHash,
    numbers,
    index,
  })
    .slice(0, 16);
}

/** All trainings of the comparison. */
export function planTrainings(
  prepared: Readonly<Partial<Record<ComparedDataset, PreparedDataset>>>,
  { pairs, recipe, rows, seeds }: {
    pairs: readonly PairName[];
    recipe: Recipe;
    rows: readonly MethodRow[];
    seeds: number;
  },
): Training[] {
  const trainings: Training[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    for (const [dataset, known] of Object.entries(prepared) as [ComparedDataset, PreparedDataset][]) {
      const io = { ...known.dataset, classes: known.dataset.classNames.length };
      for (const pair of pairs) {
        for (const row of rows) {
          const key = contentHash({
            version,
            recipe,
            data: known.dataset.contentHash,
            student: architectureHash(students[pair](io)),
            teachers: Array.from({ length: row.teachers }, (_, index) => teacherKey(known, recipe, index)),
            method: row.method,
            options: row.options,
            ...(row.revision !== undefined && { revision: row.revision }),
            seed,
          }).slice(0, 24);
          trainings.push({ key, dataset, pair, row, seed });
        }
      }
    }
  }
  return trainings;
}
