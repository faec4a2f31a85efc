// What a controller is worth at the numbers of samples that a search can afford, on landscapes that cost nothing.
import * as z from "zod";
import type { Controller } from "../search/controller.ts";
import { controllers } from "../search/controllers/table.ts";
import { batchSize } from "../search/loop.ts";
import type { ControllerName } from "../src/schemas/search_options.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { coupledLandscape, type Landscape, latencyLandscape, separableLandscape } from "./landscapes.ts";

const optionsSchema = z.strictObject({
  seeds: z.int().min(1).max(10_000).default(20).meta({
    placeholder: "N",
    description: "landscapes of each kind, each with a controller of its own",
  }),
  samples: z.int().min(1).max(100_000).optional().meta({
    placeholder: "N",
    description: "one number of samples, in place of 24, 50 and 200",
  }),
  ...commonOptions,
});

export type ControllersOptions = z.output<typeof optionsSchema>;

/** Best reward found, over the seeds. */
export interface ControllersRow {
  landscape: string;
  samples: number;
  controller: ControllerName;
  lowerQuartile: number;
  median: number;
  upperQuartile: number;
}

const landscapes = { separable: separableLandscape, coupled: coupledLandscape, latency: latencyLandscape };
const sampleCounts = [24, 50, 200];

/** Lets `controller` propose `samples` students, in the batches of a search; returns the best reward among them. */
export function bestReward(controller: Controller, landscape: Landscape, samples: number): number {
  let best = -Infinity;
  for (let asked = 0; asked < samples;) {
    const batch = controller.ask(Math.min(batchSize(samples), samples - asked));
    asked += batch.length;
    const results = batch.map((sample) => ({ sample, reward: landscape.reward(sample.tokens) }));
    best = Math.max(best, ...results.map(({ reward }) => reward));
    controller.tell(results);
  }
  return best;
}

// deno-lint-ignore require-await -- a benchmark gives a promise, also where it has nothing to wait for
async function run({ seeds, samples }: ControllersOptions): Promise<{ rows: ControllersRow[] }> {
  const rows: ControllersRow[] = [];
  for (const [landscape, create] of Object.entries(landscapes)) {
    for (const count of samples === undefined ? sampleCounts : [samples]) {
      for (const [controller, createController] of Object.entries(controllers)) {
        const rewards = Array.from({ length: seeds }, (_, seed) => {
          const problem = create(seed);
          return bestReward(createController({ decisions: problem.decisions, seed }), problem, count);
        }).sort((a, b) => a - b);
        rows.push({
          landscape,
          samples: count,
          controller: controller as ControllerName,
          lowerQuartile: quantile(rewards, 0.25),
          median: quantile(rewards, 0.5),
          upperQuartile: quantile(rewards, 0.75),
        });
      }
    }
  }
  return { rows };
}

/** The quantile of `sorted` by linear interpolation. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

export const bench: Bench<typeof optionsSchema> = {
  name: "controllers",
  summary: "Best reward of each controller after 24, 50 and 200 samples on three toy landscapes of 42 decisions.",
  options: optionsSchema,
  run,
};
