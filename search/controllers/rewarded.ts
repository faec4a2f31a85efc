// What controllers learn from that keep networks with their rewards.
import * as z from "zod";
import type { Result } from "../controller.ts";

export const rewardedSchema = z.object({ tokens: z.array(z.int()), reward: z.number() });

/** A network's tokens and its reward. */
export type Rewarded = z.output<typeof rewardedSchema>;

/** The results that have a reward, in their order, with tokens of their own. */
export function rewardedOf(results: readonly Result[]): Rewarded[] {
  return results.flatMap(({ sample, reward }) => reward === null ? [] : [{ tokens: [...sample.tokens], reward }]);
}
