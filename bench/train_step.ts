// How long one training step takes in each framework on the same machine, in interleaved rounds.
import * as z from "zod";
import { median } from "../devices/protocol/statistics.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { type KernelRow, kernelRows } from "./kernel_rows.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { type Ratios, ratiosOf } from "./ratios.ts";
import { rounded } from "./results.ts";
import { type StudentName, students } from "./students.ts";
import { createJob, withJobFile } from "./trainers/job.ts";
import { findPyTorch, type Trainer, type TrainerConditions, trainers } from "./trainers/table.ts";
import { type Skipped, TrainerProcess } from "./trainers/trainer_process.ts";

const studentNames = Object.keys(students) as [StudentName, ...StudentName[]];

export const trainStepOptionsSchema = z.strictObject({
  student: z.enum(["all", ...studentNames]).default("all").meta({ description: "the network that is trained" }),
  batch: z.int().min(1).max(4096).default(64).meta({ placeholder: "N", description: "images per step" }),
  threads: z.int().min(1).max(64).default(1).meta({ placeholder: "N", description: "threads of each trainer" }),
  rounds: z.int().min(1).max(1000).default(7).meta({
    placeholder: "N",
    description: "rounds through all trainers; a row is the median over them",
  }),
  roundSeconds: z.number().positive().max(60).default(0.5).meta({
    placeholder: "S",
    description: "how long a trainer's part of a round takes: as many steps as fit, at least one",
  }),
  trainer: z.string().default("").meta({
    placeholder: "TEXT",
    allowed: "parts of trainers' names between commas, for instance relaxed,compiled",
    description: "only trainers whose names hold one of these",
    defaultText: "all",
  }),
  cpu: z.boolean().default(false).meta({ description: "also tfjs in plain JavaScript, half a minute a step" }),
  software: z.boolean().default(false).meta({
    description: "also WebGPU on a software adapter, whose times say nothing of a GPU's",
  }),
  ...commonOptions,
});

export type TrainStepOptions = z.output<typeof trainStepOptionsSchema>;

export interface TrainStepRow {
  student: StudentName;
  trainer: string;
  side: Trainer["side"];
  device: Trainer["device"];
  /** Median over the rounds, and the extremes; null where skipped. */
  msPerStep: number | null;
  minMs: number | null;
  maxMs: number | null;
  rounds: number;
  stepsPerRound: number;
  /** From the start of its process to the end of its first step. */
  startSeconds: number | null;
  /** Most memory its process had resident. */
  peakMebibytes: number | null;
  note: string;
}

export interface TrainStepResult extends Ratios {
  rows: TrainStepRow[];
  kernels: KernelRow[];
  /** As the ratios beside, of the trainers on a GPU; absent where there is none. */
  gpu?: Ratios;
  batchSize: number;
  threads: number;
  pytorch: string;
  machine: Machine;
}

/** A trainer slower than this is timed in fewer rounds. */
const patienceSeconds = 40;
/** The second step of one that takes so long is all that is timed. */
const verySlowMs = 15_000;
const profiledSteps = 20;

interface Running {
  trainer: Trainer;
  process: TrainerProcess | Skipped;
  stepsPerRound: number;
  rounds: number;
  samples: number[];
}

async function startTrainer(
  trainer: Trainer,
  conditions: TrainerConditions,
  jobFile: string,
  options: TrainStepOptions,
): Promise<Running> {
  const none = { stepsPerRound: 0, rounds: 0, samples: [] };
  const command = trainer.command(conditions);
  if (!Array.isArray(command)) return { trainer, process: command, ...none };
  const process = await TrainerProcess.start(trainer.name, [...command, jobFile]);
  if ("skipped" in process) return { trainer, process, ...none };
  // Warms up, and tells how many steps a round holds.
  let ms = await process.time(1);
  if (ms > verySlowMs) return { trainer, process, stepsPerRound: 1, rounds: 1, samples: [ms] };
  if (ms < 1000) ms = await process.time(Math.max(1, Math.round(300 / ms)));
  const stepsPerRound = Math.max(1, Math.round(options.roundSeconds * 1000 / ms));
  const affordable = Math.max(1, Math.floor(patienceSeconds * 1000 / (ms * stepsPerRound)));
  return { trainer, process, stepsPerRound, rounds: Math.min(options.rounds, affordable), samples: [] };
}

function rowOf(student: StudentName, { trainer, process, stepsPerRound, rounds, samples }: Running): TrainStepRow {
  const { name, side, device } = trainer;
  const skipped = "skipped" in process;
  return {
    student,
    trainer: name,
    side,
    device,
    msPerStep: skipped ? null : rounded(median(samples)),
    minMs: skipped ? null : rounded(Math.min(...samples)),
    maxMs: skipped ? null : rounded(Math.max(...samples)),
    rounds,
    stepsPerRound,
    startSeconds: skipped ? null : rounded(process.startSeconds),
    peakMebibytes: skipped ? null : process.peakMebibytes(),
    note: skipped ? `skipped: ${process.skipped}` : process.note,
  };
}

async function runStudent(
  student: StudentName,
  options: TrainStepOptions,
  pytorch: TrainerConditions["pytorch"],
): Promise<{ rows: TrainStepRow[]; kernels: KernelRow[] }> {
  const { batch: batchSize, threads, software, cpu } = options;
  const job = createJob(students[student](), { batchSize, threads, software });
  return await withJobFile(job, (file) => timeTrainers(student, options, { pytorch, cpu }, file));
}

/** Trainers whose names hold one of the parts; all where there is no part. Throws a UsageError where none does. */
function trainersNamed(text: string): Trainer[] {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const named = trainers.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  if (named.length > 0) return named;
  const names = trainers.map(({ name }) => `"${name}"`).join("; ");
  throw new UsageError(`--trainer ${text}: no trainer is called so; allowed are parts of ${names}`);
}

async function timeTrainers(
  student: StudentName,
  options: TrainStepOptions,
  conditions: TrainerConditions,
  jobFile: string,
): Promise<{ rows: TrainStepRow[]; kernels: KernelRow[] }> {
  const running: Running[] = [];
  try {
    for (const trainer of trainersNamed(options.trainer)) {
      running.push(await startTrainer(trainer, conditions, jobFile, options));
    }
    for (let round = 0; round < options.rounds; round++) {
      // There and back, so that a machine that slows down is unfair to nobody.
      for (const one of round % 2 === 0 ? running : running.toReversed()) {
        if ("skipped" in one.process || one.samples.length >= one.rounds) continue;
        one.samples.push(await one.process.time(one.stepsPerRound));
      }
    }
    const rows = running.map((one) => rowOf(student, one));
    const ours = running.find(({ trainer }) => trainer.side === "ours" && trainer.device === "cpu");
    if (!ours || "skipped" in ours.process || options.threads > 1) return { rows, kernels: [] };
    return { rows, kernels: kernelRows(student, await ours.process.profile(profiledSteps)) };
  } finally {
    for (const { process } of running) if (!("skipped" in process)) await process.close();
  }
}

/** Runs the benchmark; {@linkcode bench} is its row in the table. */
export async function runTrainStep(options: TrainStepOptions): Promise<TrainStepResult> {
  const pytorch = await findPyTorch();
  const rows: TrainStepRow[] = [];
  const kernels: KernelRow[] = [];
  for (const student of options.student === "all" ? studentNames : [options.student]) {
    console.error(`${student}: starting trainers, then ${options.rounds} rounds`);
    const result = await runStudent(student, options, pytorch);
    rows.push(...result.rows);
    kernels.push(...result.kernels);
  }
  const gpu = ratiosOf(rows, "gpu");
  return {
    ...ratiosOf(rows, "cpu"),
    ...(Object.values(gpu.students).some((value) => value !== null) && { gpu }),
    rows,
    kernels,
    batchSize: options.batch,
    threads: options.threads,
    pytorch: "missing" in pytorch ? pytorch.missing : pytorch.version,
    machine: describeMachine(),
  };
}

/** One training step of each student, ours against PyTorch and other frameworks. */
export const bench: Bench<typeof trainStepOptionsSchema> = {
  name: "train-step",
  summary: "One training step (forward, loss, gradient, Adam) of four students, ours against PyTorch, jax-js and tfjs.",
  options: trainStepOptionsSchema,
  run: runTrainStep,
};
