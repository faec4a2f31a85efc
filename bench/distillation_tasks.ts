// Published claims about tasks beyond classification and about transfer, in their direction: small networks, made-up scenes
// and poses of digits, several seeds, each claim beside the control that it is about.
import * as z from "zod";
import { prepareDataset } from "../src/data/table.ts";
import { formatPercent } from "../src/cli/format.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { type Job, recordSchema, type Reply, replySchema, type Sizes } from "./distillation_tasks/job.ts";
import { groupsOf, planTrainings, type Training } from "./distillation_tasks/plan.ts";
import { type SettingName, settingNames, settingOf } from "./distillation_tasks/settings.ts";
import { type ClaimSummary, type Gain, type RowSummary, summaryOf, verdict } from "./distillation_tasks/summary.ts";
import { codeHash } from "./distillation/code.ts";
import { lockFolder } from "./distillation/folder_lock.ts";
import { Records } from "./distillation/records.ts";
import type { Interval } from "./distillation/statistics.ts";
import { runGroups, type WorkerKind } from "./distillation/workers.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { rounded } from "./results.ts";

const optionsSchema = z.strictObject({
  row: z.array(z.enum(settingNames)).default([]).meta({
    placeholder: "NAME",
    defaultText: "all",
    description: "only these tasks and transfers",
  }),
  seeds: z.int().min(1).max(1000).default(5).meta({
    placeholder: "N",
    description: "trainings of each student by each method, every seed with data and a teacher of its own",
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
  share: z.number().gt(0).max(1).default(1).meta({
    placeholder: "X",
    description: "of all images and epochs; less is for a look, whose figures mean nothing",
  }),
  folder: z.string().min(1).default(".nacre/bench/distillation-tasks").meta({
    placeholder: "FOLDER",
    description: "keeps every result as soon as it is there",
  }),
  ...commonOptions,
});

type Options = z.output<typeof optionsSchema>;

/** A row as a table of the terminal shows it. Gains are above zero where the row is better, of errors too. */
interface FlatRow {
  setting: string;
  row: string;
  score: string;
  n: number;
  mean: number | null;
  low: number | null;
  high: number | null;
  teacher: number | null;
  gain: number | null;
  gainLow: number | null;
  gainHigh: number | null;
  epochsToControl: number | null;
  seconds: number | null;
  failed: string;
}

interface FlatClaim {
  setting: string;
  paper: string;
  claim: string;
  gain: number | null;
  low: number | null;
  high: number | null;
  seeds: string;
  p: number | null;
  correctedP: number | null;
  verdict: string;
}

interface Result {
  rows: FlatRow[];
  claims: FlatClaim[];
  trainings: number;
  planned: number;
  /** Of the trainings, by setting. */
  sizes: Record<string, Sizes>;
  machine: Machine;
}

const shown = (value: number | null | undefined) => value == null ? null : rounded(value);
const probability = (value: number | null | undefined) => value == null ? null : Number(value.toPrecision(3));

function ends(interval: Interval | Gain | null): { mean: number | null; low: number | null; high: number | null } {
  return { mean: shown(interval?.mean), low: shown(interval?.low), high: shown(interval?.high) };
}

function flatRow(
  { epochsToControl, failed, gain, reason, row, score, seconds, setting, teacher, trained, value }: RowSummary,
): FlatRow {
  const { high, low, mean } = ends(value);
  const difference = ends(gain);
  return {
    setting,
    row,
    score,
    n: trained,
    mean,
    low,
    high,
    teacher: shown(teacher),
    gain: difference.mean,
    gainLow: difference.low,
    gainHigh: difference.high,
    epochsToControl: shown(epochsToControl),
    seconds: shown(seconds),
    failed: failed > 0 ? `${failed}: ${reason}` : "",
  };
}

function flatClaim(claim: ClaimSummary): FlatClaim {
  const { expected, gain, paper, row, setting, than } = claim;
  const { high, low, mean } = ends(gain);
  return {
    setting,
    paper,
    claim: expected === "alike" ? `${row} as ${than}` : `${row} > ${than}`,
    gain: mean,
    low,
    high,
    seeds: gain ? `${gain.better} of ${gain.seeds}` : "0",
    p: probability(gain?.p),
    correctedP: probability(claim.correctedP),
    verdict: verdict(claim),
  };
}

/** The data sets that transfers among `names` read: their files, and their contents' hashes for keys. */
async function prepareDatasets(
  names: readonly SettingName[],
  { folder, log }: { folder: string; log: (line: string) => void },
): Promise<{ files: Record<string, string>; hashes: Record<string, string> }> {
  const all = names.map(settingOf).flatMap((setting) => setting.type === "transfer" ? [setting.from, setting.to] : []);
  const files: Record<string, string> = {};
  const hashes: Record<string, string> = {};
  for (const name of new Set(all)) {
    const { dataset, file } = await prepareDataset(name, { cacheDir: `${folder}/cache`, log });
    files[name] = file;
    hashes[name] = dataset.contentHash;
  }
  return { files, hashes };
}

const kind: WorkerKind<Reply> = {
  script: new URL("./distillation_tasks/worker.ts", import.meta.url),
  reply: replySchema,
};

function outcomeOf(reply: Reply): string {
  if (reply.type === "failed") return `failed: ${reply.reason}`;
  const [[name, value]] = Object.entries(reply.scores);
  return `${name} ${name === "accuracy" ? formatPercent(value) : rounded(value)} in ${reply.seconds.toFixed(1)} s`;
}

async function run({ budget = Infinity, folder, row, seeds, share, workers }: Options): Promise<Result> {
  const log = (line: string) => console.error(line);
  const started = performance.now();
  const minutes = () => (performance.now() - started) / 60_000;
  using _lock = await lockFolder(folder);
  const names = settingNames.filter((name) => row.length === 0 || row.includes(name));
  const records = new Records(`${folder}/results.jsonl`, recordSchema);
  const { files, hashes } = await prepareDatasets(names, { folder, log });
  const trainings = planTrainings(names, { data: hashes, seeds, share });
  const missing = trainings.filter(({ key }) => !records.isDone(key));
  const code = codeHash();
  log(`${trainings.length} trainings, ${missing.length} to do`);
  let done = 0;
  await runGroups<Training, Reply>(groupsOf(missing), {
    count: workers,
    kind,
    jobOf: ({ row, seed, setting, sizes }): Job => ({ type: "train", setting, row: row.name, seed, sizes, files }),
    take({ key, row, seed, setting }, reply) {
      records.add({ key, setting, row: row.name, seed, code, ...reply });
      const place = `${setting}, ${row.name}, seed ${seed}`;
      log(`${++done}/${missing.length} (${minutes().toFixed(1)} min) ${place}: ${outcomeOf(reply)}`);
    },
    goOn: () => minutes() < budget,
  });
  const known = trainings.flatMap(({ key }) => records.get(key) ?? []);
  const summary = summaryOf(known, names);
  return {
    rows: summary.rows.map(flatRow),
    claims: summary.claims.map(flatClaim),
    trainings: known.length,
    planned: trainings.length,
    sizes: Object.fromEntries(trainings.map(({ setting, sizes }) => [setting, sizes])),
    machine: describeMachine(),
  };
}

/** Claims about other tasks and transfer checked; see bench/distillation_tasks. */
export const bench: Bench<typeof optionsSchema> = {
  name: "distillation-tasks",
  summary: "Claims about distillation for detection, segmentation, retrieval, regression and transfer, over seeds.",
  options: optionsSchema,
  run,
};
