// What a controller is worth at the numbers of samples that a search can afford, on landscapes that cost nothing.
import * as z from "zod";
import { controllers as table } from "../search/controllers/table.ts";
import { type ControllerName, controllerNameSchema } from "../src/schemas/search_options.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { figureOf } from "./controllers/figure.ts";
import { type Job, landscapeNameSchema, replySchema } from "./controllers/job.ts";
import {
  type DifferenceRow,
  differenceRows,
  type MeanRow,
  meanRows,
  type Outcome,
  type RequirementRow,
  requirementRows,
} from "./controllers/summary.ts";
import { runGroups } from "./distillation/workers.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { saveText } from "./results.ts";

const sampleCounts = ["24", "50", "100", "200", "500", "1000"] as const;
const worker = { script: new URL("./controllers/worker.ts", import.meta.url), reply: replySchema };

const optionsSchema = z.strictObject({
  seeds: z.int().min(1).max(1000).default(50).meta({
    placeholder: "N",
    description:
      "landscapes of each kind, from seed 0 on, each with a controller of its own; defaults were tuned on others",
  }),
  samples: z.array(z.coerce.number().int().min(1).max(100_000)).default(sampleCounts.map(Number)).meta({
    placeholder: "N",
    defaultText: sampleCounts.join(", "),
    description: "numbers of samples; each is a search of its own, with its size of batch",
  }),
  controller: z.array(controllerNameSchema).default([]).meta({
    placeholder: "NAME",
    defaultText: "all",
    description: "only these, and random",
  }),
  landscape: z.array(landscapeNameSchema).default([]).meta({
    placeholder: "NAME",
    defaultText: "all",
    description: "only these",
  }),
  workers: z.int().min(1).max(64).default(2).meta({ placeholder: "N", description: "processes at the same time" }),
  ...commonOptions,
});

export type ControllersOptions = z.output<typeof optionsSchema>;

/** Rewards are those without noise of the proposals observed to be best; differences are paired by seed. */
export interface ControllersResult {
  /** At 200 samples, or at the number nearest to it. */
  summary: DifferenceRow[];
  differences: DifferenceRow[];
  means: MeanRow[];
  /** At 200 samples; none without them. */
  requirements: RequirementRow[];
  machine: Machine;
}

const SUMMARY_SAMPLES = 200;

async function run(options: ControllersOptions): Promise<ControllersResult> {
  const samples = [...new Set(options.samples)].sort((a, b) => a - b);
  const names = (Object.keys(table) as ControllerName[]).filter((name) =>
    options.controller.length === 0 || name === "random" || options.controller.includes(name)
  );
  const kinds = options.landscape.length > 0 ? options.landscape : landscapeNameSchema.options;
  const jobs = kinds.flatMap((landscape) =>
    names.flatMap((controller) =>
      Array.from({ length: options.seeds }, (_, seed): Job => ({ landscape, controller, seed, samples }))
    )
  );
  // By index: workers answer in any order, and the rows have that of the plan.
  const outcomes = new Map<Job, Outcome>();
  await runGroups(jobs.map((job) => [job]), {
    count: options.workers,
    kind: worker,
    jobOf: (job) => job,
    take: (job, reply) => {
      if (reply.type === "failed") throw new Error(`${job.controller} on ${job.landscape} failed: ${reply.reason}`);
      outcomes.set(job, { ...job, bests: reply.bests });
    },
  });
  const inOrder = jobs.flatMap((job) => outcomes.get(job) ?? []);
  const [means, differences] = [meanRows(inOrder), differenceRows(inOrder)];
  if (options.save) {
    console.error(`saved ${saveText(`controllers-${new Date().toISOString().slice(0, 10)}.svg`, figureOf(means))}`);
  }
  const distance = (count: number) => Math.abs(count - SUMMARY_SAMPLES);
  const shown = samples.reduce((nearest, count) => distance(count) < distance(nearest) ? count : nearest);
  const summary = differences.filter((row) => row.samples === shown);
  const requirements = requirementRows(differences, SUMMARY_SAMPLES);
  return { summary, differences, means, requirements, machine: describeMachine() };
}

export const bench: Bench<typeof optionsSchema> = {
  name: "controllers",
  summary:
    "Best reward of every controller against samples on seven toy landscapes, and how much better than chance; " +
    "whole, about 20 minutes on two cores.",
  options: optionsSchema,
  run,
};
