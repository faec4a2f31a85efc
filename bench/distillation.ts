// Every distillation method beside plain training and plain distillation: same students, data and numbers of a training.
import * as z from "zod";
import { type Bench, commonOptions } from "./bench.ts";
import { compare, type TeachersOf } from "./distillation/comparison.ts";
import { type CostRow, measureCosts } from "./distillation/cost.ts";
import { figureOf } from "./distillation/figure.ts";
import { type FlatRow, flatRow } from "./distillation/flat_row.ts";
import { lockFolder } from "./distillation/folder_lock.ts";
import { fullRecipe, type Recipe } from "./distillation/job.ts";
import { markdownOf } from "./distillation/markdown.ts";
import { pairNames, timedNames } from "./distillation/networks.ts";
import { datasetNames } from "./distillation/plan.ts";
import { type MethodRow, methodRows } from "./distillation/rows.ts";
import { savedCosts } from "./distillation/saved_costs.ts";
import { type CodeCount, type LeftOut, summaryOf } from "./distillation/summary.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { resultsFolder, saveText } from "./results.ts";
import { suggest } from "../src/cli/suggest.ts";
import { UsageError } from "../src/cli/usage_error.ts";

const rowNames = ["accuracy", "cost"] as const;

const optionsSchema = z.strictObject({
  row: z.array(z.enum(rowNames)).default(["accuracy"]).meta({
    placeholder: rowNames.join("|"),
    description: "accuracy: all trainings, which takes an hour; its text takes in costs saved the same day. " +
      "cost: time and memory of a step, on an idle machine",
  }),
  method: z.array(z.string().min(1)).default([]).meta({
    placeholder: "NAME",
    defaultText: "all",
    description: "only these methods; none and kd are always among them",
  }),
  pair: z.array(z.enum(pairNames)).default([]).meta({
    placeholder: pairNames.join("|"),
    defaultText: "all",
    description: "students: of the teacher's own kind, or mobile ones",
  }),
  dataset: z.array(z.enum(datasetNames)).default([]).meta({
    placeholder: datasetNames.join("|"),
    defaultText: "all",
    description: "only these datasets; costs are taken on the first one",
  }),
  seeds: z.int().min(1).max(1000).default(5).meta({
    placeholder: "N",
    description: "trainings of each student by each method",
  }),
  budget: z.number().positive().max(100_000).optional().meta({
    placeholder: "MINUTES",
    defaultText: "as long as it takes",
    description: "no training is begun after so long; the same command goes on from there",
  }),
  workers: z.int().min(1).max(64).default(2).meta({
    placeholder: "N",
    description: "trainings at the same time, a thread each",
  }),
  epochs: z.int().min(1).max(1000).default(fullRecipe.epochs).meta({ placeholder: "N", description: "of a student" }),
  trainImages: z.int().min(fullRecipe.batchSize).max(48_000).default(fullRecipe.trainImages).meta({
    placeholder: "N",
    description: "training images of a student",
  }),
  teacherEpochs: z.int().min(1).max(1000).default(fullRecipe.teacherEpochs).meta({
    placeholder: "N",
    description: "of a teacher",
  }),
  rounds: z.int().min(1).max(1000).default(5).meta({ placeholder: "N", description: "rounds of row cost" }),
  steps: z.int().min(12).max(1000).default(40).meta({
    placeholder: "N",
    description: "steps per method and round of row cost",
  }),
  folder: z.string().min(1).default(".nacre/bench/distillation").meta({
    placeholder: "FOLDER",
    description: "keeps every result as soon as it is there, and teachers",
  }),
  ...commonOptions,
});

export type DistillationOptions = z.output<typeof optionsSchema>;

export interface DistillationResult {
  overall: FlatRow[];
  rows: FlatRow[];
  /** Methods that `overall` does without. */
  leftOut: LeftOut[];
  /** More than one: the results were made with several states of the code. */
  codes: CodeCount[];
  trainings: number;
  planned: number;
  costs: CostRow[];
  recipe: Recipe;
  teachers: TeachersOf;
  machine: Machine;
}

/** The rows that `names` ask for, with the controls; UsageError on an unknown name. */
function rowsOf(names: readonly string[]): MethodRow[] {
  const all = methodRows();
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--method is ${unknown}; allowed: ${known.join(", ")}${suggest(unknown, known)}`);
  }
  return all.filter(({ name }) => names.length === 0 || ["none", "kd", ...names].includes(name));
}

async function run(options: DistillationOptions): Promise<DistillationResult> {
  const { epochs, folder, seeds, teacherEpochs, trainImages, workers } = options;
  const recipe = { ...fullRecipe, epochs, trainImages, teacherEpochs };
  const methods = rowsOf(options.method);
  using _lock = await lockFolder(folder);
  const common = {
    folder,
    recipe,
    seeds,
    workers,
    rows: methods,
    datasets: options.dataset.length > 0 ? options.dataset : datasetNames,
    log: (line: string) => console.error(line),
  };
  const pairs = options.pair.length > 0 ? options.pair : pairNames;
  const compared = options.row.includes("accuracy")
    ? await compare({ ...common, pairs, budgetMinutes: options.budget })
    : { records: [], planned: 0, teachers: {} };
  const timed = options.pair.length > 0 ? options.pair : timedNames;
  const costs = options.row.includes("cost")
    ? await measureCosts({ ...common, ...options, ...common, pairs: timed })
    : [];
  const { planned, records, teachers } = compared;
  const summary = summaryOf(records);
  const machine = describeMachine();
  if (options.save && records.length > 0) {
    const date = new Date().toISOString();
    const day = date.slice(0, 10);
    const drawn = summary.overall.some(({ difference }) => difference !== null);
    const figure = drawn ? `distillation-${day}.svg` : undefined;
    const name = `${machine.processor}, ${machine.cores} cores, Deno ${machine.deno}`;
    const known = costs.length > 0 ? costs : savedCosts(resultsFolder, day);
    const text = markdownOf({ summary, costs: known, date, figure, machine: name, methods, planned, recipe, teachers });
    if (figure !== undefined) console.error(`saved ${saveText(figure, figureOf(summary))}`);
    console.error(`saved ${saveText(`distillation-${day}.md`, text)}`);
  }
  return {
    overall: summary.overall.map((row) => flatRow(row, { dataset: "all", pair: "all", methods })),
    rows: summary.settings.flatMap(({ rows, ...setting }) => rows.map((row) => flatRow(row, { ...setting, methods }))),
    leftOut: summary.leftOut,
    codes: summary.codes,
    trainings: records.length,
    planned,
    costs,
    recipe,
    teachers,
    machine,
  };
}

/** Distillation methods compared; see bench/distillation. */
export const bench: Bench<typeof optionsSchema> = {
  name: "distillation",
  summary:
    "Every distillation method beside plain training and plain distillation: accuracy over seeds, time and memory.",
  options: optionsSchema,
  resultName: ({ row }) => row.includes("accuracy") ? "distillation" : "distillation-cost",
  run,
};
