// Whether latencies can be foreseen well enough to leave out measurements, and what that saves.
import * as z from "zod";
import { openDevices } from "../devices/mod.ts";
import { dataDirField, deviceNameText } from "../src/schemas/device_fields.ts";
import { architectureHash } from "../src/schemas/architecture.ts";
import { profileSchema, runtimeSchema } from "../src/schemas/measurement.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { lockFolder } from "./distillation/folder_lock.ts";
import { Records } from "./distillation/records.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { collect, type MeasuredStudent, type StudentRecord, studentRecordSchema } from "./predictor/collect.ts";
import { type ErrorParts, errorParts } from "./predictor/error_parts.ts";
import { figureOf, type FigurePoint } from "./predictor/figure.ts";
import { type CurveRow, learningCurve, splitOf } from "./predictor/learning_curve.ts";
import { models } from "./predictor/models.ts";
import { type NoiseRow, ownNoise, repeatedNoise } from "./predictor/noise.ts";
import { type SavingRow, savings } from "./predictor/savings.ts";
import { randomStudents } from "./predictor/students.ts";
import { transfer, type TransferRow } from "./predictor/transfer.ts";
import { rounded, saveText } from "./results.ts";

const optionsSchema = z.strictObject({
  device: z.string().min(1).default("here").meta({ placeholder: "NAME", description: deviceNameText }),
  runtime: runtimeSchema.default("tfjs-wasm").meta({
    placeholder: runtimeSchema.options.join("|"),
    description: "what runs the students",
  }),
  profile: profileSchema.default("fast").meta({
    placeholder: profileSchema.options.join("|"),
    description: "how much a measurement spends",
  }),
  students: z.int().min(30).max(10_000).default(200).meta({
    placeholder: "N",
    description: "random students of the space mnas",
  }),
  grown: z.int().min(0).max(10_000).default(40).meta({
    placeholder: "N",
    description: "students of the space growth, for what carries over from one space to the other",
  }),
  repeats: z.int().min(0).max(10_000).default(20).meta({
    placeholder: "N",
    description: "students measured once more at the end, for how far two measurements agree",
  }),
  splits: z.int().min(2).max(1000).default(20).meta({
    placeholder: "N",
    description: "random splits into students to learn from and others",
  }),
  searches: z.int().min(2).max(1000).default(10).meta({
    placeholder: "N",
    description: "simulated searches of each kind, for the measuring that is saved",
  }),
  seed: z.int().min(0).max(2 ** 31).default(1).meta({ placeholder: "N", description: "of students and splits" }),
  budget: z.number().min(0).max(100_000).optional().meta({
    placeholder: "MINUTES",
    defaultText: "as long as it takes",
    description: "no measurement is begun after so long; the same command goes on from there",
  }),
  dataDir: dataDirField.describe("where paired browsers are found"),
  folder: z.string().min(1).default(".nacre/bench/predictor").meta({
    placeholder: "FOLDER",
    description: "keeps every measurement as soon as it is there",
  }),
  ...commonOptions,
});

export type PredictorOptions = z.output<typeof optionsSchema>;

export interface PredictorResult {
  /** The aim, at 100 measurements. */
  aim: { within10Percent: number; aimed: number; met: boolean } | null;
  rows: CurveRow[];
  noise: NoiseRow[];
  /** What the predictor's errors are made of. */
  errors: ErrorParts[];
  savings: SavingRow[];
  transfer: TransferRow[];
  device: string;
  runtime: string;
  backend: string;
  profile: string;
  students: number;
  planned: number;
  deviceMinutes: number;
  machine: Machine;
}

/** Rows with numbers of as many digits as mean something. */
function readable<Row extends object>(rows: readonly Row[]): Row[] {
  const shorten = ([name, value]: [string, unknown]) => [name, typeof value === "number" ? rounded(value) : value];
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(shorten)) as Row);
}

const sizes = [10, 25, 50, 100];
const aimed = { trainedOn: 100, within10Percent: 0.95 };
const searchTrials = 100;
const targetQuantiles = [0.1, 0.25, 0.5];
// Fewer leave nothing to test on.
const leastMeasured = 30;

/** Held-out students, and those of other spaces, as a predictor foresees them that learned from `trainedOn`. */
function pointsOf(
  own: readonly MeasuredStudent[],
  others: readonly MeasuredStudent[],
  trainedOn: number,
  seed: number,
) {
  const { heldOut, training } = splitOf(own, trainedOn, seed);
  const foretell = models.predictor(training);
  return [...heldOut, ...others].map(({ architecture, latencyMs: measuredMs, space }): FigurePoint => {
    const { highMs, latencyMs, lowMs } = foretell(architecture);
    return { space, measuredMs, latencyMs, lowMs: lowMs ?? latencyMs, highMs: highMs ?? latencyMs };
  });
}

interface Collected {
  own: MeasuredStudent[];
  grown: MeasuredStudent[];
  /** Second measurements of some of `own`. */
  again: MeasuredStudent[];
}

/** Measures what is not there yet. */
async function measureStudents(
  options: PredictorOptions,
): Promise<Collected> {
  const { budget = Infinity, dataDir, device: name, folder, profile, runtime, seed } = options;
  using _lock = await lockFolder(folder);
  const records = new Records<StudentRecord>(`${folder}/students.jsonl`, studentRecordSchema);
  const log = (line: string) => console.error(line);
  const opened = await openDevices([name], { dataDir, runtimes: [runtime], log });
  try {
    const [device] = opened.devices;
    const clock = () => performance.now();
    const settings = { device, runtime, profile, seed, records, clock, log, deadlineMs: clock() + budget * 60_000 };
    const students = randomStudents("mnas", options.students, seed);
    return {
      own: await collect("mnas", students, settings),
      grown: await collect("growth", randomStudents("growth", options.grown, seed), settings),
      again: await collect("mnas", students.slice(0, options.repeats), { ...settings, repeat: 1 }),
    };
  } finally {
    await opened.close();
  }
}

async function run(options: PredictorOptions): Promise<PredictorResult> {
  const { profile, runtime, seed, splits } = options;
  const { again, grown, own } = await measureStudents(options);
  if (own.length < leastMeasured) {
    throw new Error(`${own.length} of ${options.students} students are measured; ${leastMeasured} or more are needed`);
  }
  const all = [...own, ...grown, ...again];
  const backends = new Set(all.map(({ backend }) => backend));
  if (backends.size > 1) {
    throw new Error(`measured on several backends, which do not compare: ${[...backends].join("; ")}`);
  }
  const rows = learningCurve(own, { sizes, splits, seed });
  const aim = rows.find(({ model, trainedOn }) => model === "predictor" && trainedOn === aimed.trainedOn);
  const trainedOn = Math.min(aimed.trainedOn, Math.floor(own.length / 2));
  if (options.save) {
    const name = `predictor-${new Date().toISOString().slice(0, 10)}.svg`;
    console.error(`saved ${saveText(name, figureOf(pointsOf(own, grown, trainedOn, seed), { trainedOn }))}`);
  }
  const noise = ownNoise(own);
  const names = ["mnas", "growth"] as const;
  const pairs = again.flatMap(({ architecture, latencyMs }) => {
    const hash = architectureHash(architecture);
    const first = own.find((student) => architectureHash(student.architecture) === hash);
    return first ? [[first.latencyMs, latencyMs] as const] : [];
  });
  const seconds = all.reduce((sum, student) => sum + student.seconds, 0);
  return {
    aim: aim === undefined ? null : {
      within10Percent: aim.within10Percent,
      aimed: aimed.within10Percent,
      met: aim.within10Percent >= aimed.within10Percent,
    },
    rows: readable(rows),
    noise: readable([noise, ...pairs.length > 0 ? [repeatedNoise(pairs)] : []]),
    errors: readable([errorParts(own, { noise: noise.relativeError, seed, splits, trainedOn })]),
    savings: own.length < searchTrials
      ? []
      : readable(savings(own, { searches: options.searches, seed, targetQuantiles, trials: searchTrials })),
    transfer: readable(transfer(own, grown, { count: trainedOn, helps: [0, 8, 16], names, seed, splits })),
    device: `${own[0].device.name}: ${own[0].device.description}`,
    runtime,
    backend: own[0].backend,
    profile,
    students: own.length,
    planned: options.students,
    deviceMinutes: seconds / 60,
    machine: describeMachine(),
  };
}

/** Latencies foreseen from those of other students; see bench/predictor. */
export const bench: Bench<typeof optionsSchema> = {
  name: "predictor",
  summary: "Latencies foreseen from those of other students, beside simpler models, and the measuring that this saves.",
  options: optionsSchema,
  run,
};
