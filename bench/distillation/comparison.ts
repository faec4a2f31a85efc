// The comparison itself: teachers, then every training that has no result yet, each result kept at once.
import { fileExists } from "../../src/data/file_exists.ts";
import { prepareDataset } from "../../src/data/table.ts";
import { formatPercent } from "../../src/cli/format.ts";
import { codeHash } from "./code.ts";
import type { Job, MethodJob, Recipe } from "./job.ts";
import type { PairName } from "./networks.ts";
import { type ComparedDataset, planTrainings, type PreparedDataset, teacherKey, type Training } from "./plan.ts";
import { Records, recordSchema, type ResultRecord } from "./records.ts";
import type { MethodRow } from "./rows.ts";
import { runJobs } from "./workers.ts";

export interface ComparisonOptions {
  /** Where datasets, teachers, networks of procedures and results are kept. */
  folder: string;
  datasets: readonly ComparedDataset[];
  pairs: readonly PairName[];
  rows: readonly MethodRow[];
  seeds: number;
  recipe: Recipe;
  workers: number;
  /** No training is begun after so long. */
  budgetMinutes?: number;
  log: (line: string) => void;
}

/** A teacher of the comparison. */
export interface TaughtBy {
  file: string;
  /** On the test part; for the table alone, nothing is chosen by it. */
  testAccuracy: number;
}

export type TeachersOf = Partial<Record<ComparedDataset, TaughtBy[]>>;

/** Opens the datasets. */
export async function prepareDatasets(
  { datasets, folder, log }: Pick<ComparisonOptions, "datasets" | "folder" | "log">,
): Promise<Partial<Record<ComparedDataset, PreparedDataset>>> {
  const prepared: Partial<Record<ComparedDataset, PreparedDataset>> = {};
  for (const name of datasets) {
    const { file, dataset } = await prepareDataset(name, { cacheDir: `${folder}/cache`, log });
    const { height, width, channels, classNames, contentHash } = dataset;
    // Without the pixels, which workers read by themselves.
    prepared[name] = { file, dataset: { height, width, channels, classNames, contentHash } };
  }
  return prepared;
}

/** The teachers of all datasets, trained where they are not there yet; throws an Error where one cannot be trained. */
export async function ensureTeachers(
  prepared: Partial<Record<ComparedDataset, PreparedDataset>>,
  { folder, log, recipe, rows, workers }: Pick<ComparisonOptions, "folder" | "log" | "recipe" | "rows" | "workers">,
): Promise<TeachersOf> {
  const most = Math.max(0, ...rows.map(({ teachers }) => teachers));
  const records = new Records(`${folder}/teachers.jsonl`, recordSchema);
  const code = codeHash();
  const all = (Object.entries(prepared) as [ComparedDataset, PreparedDataset][]).flatMap(([dataset, known]) =>
    Array.from({ length: most }, (_, index) => {
      const key = teacherKey(known, recipe, index);
      return {
        key,
        dataset,
        index,
        data: known.file,
        file: `${folder}/teachers/${dataset}-${index}-${key}.safetensors`,
      };
    })
  );
  const missing = all.filter(({ key, file }) => !records.isDone(key) || !fileExists(file));
  await runJobs(missing, {
    count: workers,
    jobOf: ({ data, file, index }): Job => ({
      ...recipe,
      type: "teacher",
      dataset: data,
      seed: 1000 + index,
      weights: file,
    }),
    take({ dataset, index, key }, reply) {
      if (reply.type === "failed") throw new Error(`the teacher of ${dataset} failed: ${reply.reason}`);
      if (reply.type !== "trained") throw new Error(`a training was answered with "${reply.type}"`);
      records.add({ key, dataset, pair: "teacher", row: "teacher", seed: index, code, ...reply });
      log(`teacher ${index} of ${dataset}: ${formatPercent(reply.testAccuracy)} in ${reply.seconds.toFixed(0)} s`);
    },
  });
  const teachers: TeachersOf = {};
  for (const { dataset, file, key } of all) {
    const record = records.get(key);
    if (record?.type !== "trained") throw new Error(`the teacher of ${dataset} is missing in ${folder}`);
    (teachers[dataset] ??= []).push({ file, testAccuracy: record.testAccuracy });
  }
  return teachers;
}

/** The job of a training. */
export function jobOf(
  { dataset, pair, row, seed }: Omit<Training, "key" | "pair"> & { pair: string },
  { folder, prepared, recipe, teachers }: {
    folder: string;
    prepared: Partial<Record<ComparedDataset, PreparedDataset>>;
    recipe: Recipe;
    teachers: TeachersOf;
  },
): MethodJob & { type: "train" } {
  return {
    type: "train",
    ...recipe,
    dataset: prepared[dataset]?.file ?? "",
    seed,
    pair,
    method: row.method,
    options: row.options,
    teachers: (teachers[dataset] ?? []).slice(0, row.teachers).map(({ file }) => file),
    folder: `${folder}/cache`,
  };
}

export interface ComparisonResult {
  /** In the order of the plan; without those that were not reached. */
  records: ResultRecord[];
  planned: number;
  teachers: TeachersOf;
}

/** Runs what is missing and gives all results of the plan. */
export async function compare(options: ComparisonOptions): Promise<ComparisonResult> {
  const { budgetMinutes = Infinity, folder, log, recipe, workers } = options;
  await Deno.mkdir(folder, { recursive: true });
  const started = performance.now();
  const minutes = () => (performance.now() - started) / 60_000;
  const records = new Records(`${folder}/results.jsonl`, recordSchema);
  const code = codeHash();
  const prepared = await prepareDatasets(options);
  const trainings = planTrainings(prepared, options);
  const missing = trainings.filter(({ key }) => !records.isDone(key));
  const teachers = await ensureTeachers(prepared, options);
  log(`${trainings.length} trainings, ${missing.length} to do`);
  let done = 0;
  await runJobs(missing, {
    count: workers,
    jobOf: (training) => jobOf(training, { folder, prepared, recipe, teachers }),
    take({ key, dataset, pair, row, seed }, reply) {
      if (reply.type !== "trained" && reply.type !== "failed") {
        throw new Error(`a training was answered with "${reply.type}"`);
      }
      records.add({ key, dataset, pair, row: row.name, seed, code, ...reply });
      const outcome = reply.type === "failed"
        ? `failed: ${reply.reason}`
        : `${formatPercent(reply.testAccuracy)} in ${reply.seconds.toFixed(1)} s`;
      log(
        `${++done}/${missing.length} (${minutes().toFixed(1)} min) ${dataset} ${pair} ${row.name} ${seed}: ${outcome}`,
      );
    },
    goOn: () => minutes() < budgetMinutes,
  });
  const known = trainings.flatMap(({ key }) => records.get(key) ?? []);
  return { records: known, planned: trainings.length, teachers };
}
