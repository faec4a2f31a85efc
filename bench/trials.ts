// Trials per hour: whole trainings of sampled students, our trainer processes against as many of PyTorch's.
import * as z from "zod";
import { TrainerPool } from "../search/trainers/pool.ts";
import type { TrainJob } from "../search/trainers/job.ts";
import { Random } from "../src/data/random.ts";
import { countMultiplyAdds } from "../src/ops/layout.ts";
import type { Architecture } from "../src/schemas/architecture.ts";
import { presets } from "../src/schemas/presets.ts";
import { createMnasSpace } from "../src/spaces/mnas.ts";
import type { SpaceOptions } from "../src/spaces/space.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { rounded } from "./results.ts";
import { findPyTorch } from "./trainers/table.ts";
import { PyTorchPool } from "./trainers/pytorch_pool.ts";
import { prepareTrialsData, type TrialsData } from "./trials_data.ts";

const temperature = 4;
const alpha = 0.1;
const peakLearningRate = 0.01;
const { batchSize, epochs, views, validationImages } = presets.quick;

export const trialsOptionsSchema = z.strictObject({
  trials: z.int().min(1).max(10_000).default(12).meta({ placeholder: "N", description: "students to train" }),
  trainers: z.int().min(1).max(256).default(2).meta({
    placeholder: "N",
    description: "processes on each side, one thread each",
  }),
  blocks: z.int().min(1).max(1000).default(2).meta({
    placeholder: "N",
    description: "parts that the students are trained in, the sides taking turns",
  }),
  trainImages: z.int().min(2 * batchSize).max(50_000).default(presets.quick.trainImages).meta({
    placeholder: "N",
    description: "training images of a student",
  }),
  seed: z.int().min(0).max(2 ** 32 - 1).default(1).meta({ placeholder: "N", description: "which students" }),
  ...commonOptions,
});

export interface TrialRow {
  block: number;
  side: "ours" | "pytorch";
  trials: number;
  seconds: number;
  trialsPerHour: number;
}

export interface TrialsResult {
  /** Trials per hour of ours by those of PyTorch; null where there is none. */
  ratio: number | null;
  ours: number;
  pytorch: number | null;
  rows: TrialRow[];
  /** The students that were trained, in order. */
  students: { tokens: number[]; multiplyAdds: number }[];
  note: string;
  trainers: number;
  stepsPerTrial: number;
  machine: Machine;
}

/** One side: trains all of `architectures`. */
type Side = (architectures: readonly Architecture[], trainImages: number) => Promise<void>;

/** `count` students drawn evenly from the space. */
export function sampleStudents(count: number, seed: number, options: SpaceOptions): Architecture[] {
  const space = createMnasSpace(options);
  const random = new Random(seed);
  return Array.from(
    { length: count },
    () => space.decode(space.decisions.map(({ choices }) => random.integer(choices.length))),
  );
}

function ourSide(pool: TrainerPool, { file, teacherLogits }: TrialsData, folder: string): Side {
  return async (architectures, trainImages) => {
    await Promise.all(architectures.map((architecture, index) => {
      const job: TrainJob = {
        kind: "train",
        dataset: file,
        dataSeed: 0,
        validationImages,
        architecture,
        seed: index,
        trainImages,
        epochs,
        batchSize,
        views,
        peakLearningRate,
        distiller: "kd",
        distillerOptions: { temperature, alpha },
        teacherLogits,
        weights: `${folder}/weights-${index}.safetensors`,
        test: false,
      };
      return pool.train(job, `student ${index}`);
    }));
  };
}

async function timeSide(side: Side, architectures: readonly Architecture[], trainImages: number): Promise<number> {
  const start = performance.now();
  await side(architectures, trainImages);
  return (performance.now() - start) / 1000;
}

async function measure(folder: string, options: z.output<typeof trialsOptionsSchema>): Promise<TrialsResult> {
  const { trainImages, trials, trainers, blocks, seed } = options;
  const data = await prepareTrialsData(folder, { ...presets.quick, trainImages });
  const { height, width, channels, classNames } = data.data.dataset;
  const architectures = sampleStudents(trials, seed, { height, width, channels, classes: classNames.length });
  const pytorch = await findPyTorch();
  const pool = new TrainerPool({ trainers, backend: "wasm" });
  const theirs = "missing" in pytorch ? undefined : await PyTorchPool.start(trainers, {
    train: data.train,
    validation: data.validation,
    classes: classNames.length,
    batchSize,
    epochs,
    peakLearningRate,
    temperature,
    alpha,
  }, folder);
  const sides: Partial<Record<TrialRow["side"], Side>> = { ours: ourSide(pool, data, folder) };
  if (theirs) sides.pytorch = (students, images) => theirs.train(students, images);
  const rows: TrialRow[] = [];
  try {
    // Starts every process, and opens its data: once in a search.
    for (const side of Object.values(sides)) await side(Array(trainers).fill(architectures[0]), 2 * batchSize);
    for (let block = 0; block < blocks; block++) {
      const part = architectures.slice(block * trials / blocks, (block + 1) * trials / blocks);
      if (part.length === 0) continue;
      // There and back, so that a machine that slows down is unfair to nobody.
      const order = Object.entries(sides);
      for (const [name, side] of block % 2 === 0 ? order : order.reverse()) {
        const seconds = await timeSide(side, part, trainImages);
        const trialsPerHour = rounded(3600 * part.length / seconds);
        rows.push({
          block,
          side: name as TrialRow["side"],
          trials: part.length,
          seconds: rounded(seconds),
          trialsPerHour,
        });
      }
    }
  } finally {
    await pool.close();
    await theirs?.close();
  }
  const perHour = (side: TrialRow["side"]) => {
    const own = rows.filter((row) => row.side === side);
    return 3600 * trials / own.reduce((sum, { seconds }) => sum + seconds, 0);
  };
  return {
    ratio: theirs ? perHour("ours") / perHour("pytorch") : null,
    ours: rounded(perHour("ours")),
    pytorch: theirs ? rounded(perHour("pytorch")) : null,
    rows,
    students: architectures.map((architecture) => ({
      tokens: architecture.origin?.tokens ?? [],
      multiplyAdds: countMultiplyAdds(architecture),
    })),
    note: "missing" in pytorch ? `PyTorch skipped: ${pytorch.missing}` : `PyTorch ${pytorch.version}, channels_last`,
    trainers,
    stepsPerTrial: epochs * Math.floor(trainImages / batchSize),
    machine: describeMachine(),
  };
}

/** Runs the benchmark; {@linkcode bench} is its row in the table. */
export async function runTrials(options: z.output<typeof trialsOptionsSchema>): Promise<TrialsResult> {
  const folder = await Deno.makeTempDir();
  try {
    const result = await measure(folder, options);
    return result;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whole trainings with distillation and validation, as a search's quick preset has them. */
export const bench: Bench<typeof trialsOptionsSchema> = {
  name: "trials",
  summary: "Trials per hour on real images: our trainer processes against as many of PyTorch's, on the same students.",
  options: trialsOptionsSchema,
  run: runTrials,
};
