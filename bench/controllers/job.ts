// What passes between the benchmark and its workers, as lines of JSON, and how a job is done.
import * as z from "zod";
import { createController } from "../../search/controllers/table.ts";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import { controllerNameSchema } from "../../src/schemas/search_options.ts";
import { type LandscapeName, landscapes } from "../landscapes.ts";
import { bestRewards } from "./best_rewards.ts";

const landscapeNames = Object.keys(landscapes) as [LandscapeName, ...LandscapeName[]];

export const landscapeNameSchema = z.enum(landscapeNames);

/** One controller on one landscape, both of one seed. */
export const jobSchema = z.strictObject({
  landscape: landscapeNameSchema,
  controller: controllerNameSchema,
  seed: z.int().min(0),
  /** Numbers of samples, ascending. */
  samples: z.array(z.int().min(1)).min(1),
});

export type Job = z.infer<typeof jobSchema>;

export const replySchema = z.discriminatedUnion("type", [
  /** The best reward after each of the job's numbers of samples. */
  z.strictObject({ type: z.literal("done"), bests: z.array(z.number()) }),
  z.strictObject({ type: z.literal("failed"), reason: z.string(), own: z.boolean() }),
]);

export type Reply = z.infer<typeof replySchema>;

/** A job's best rewards: a run for all numbers of samples whose searches have batches of one size. */
export function runJob({ landscape, controller, seed, samples }: Job): number[] {
  return [...Map.groupBy(samples, defaultControllerBatch).values()].flatMap((group) => {
    const problem = landscapes[landscape](seed);
    return bestRewards(createController(controller, { decisions: problem.decisions, seed }), problem, group);
  });
}
