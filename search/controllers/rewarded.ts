// What controllers learn from that keep networks with their rewards.
import * as z from "zod";
import type { Decision, Result } from "../controller.ts";
import { wrongTokens } from "./checks.ts";

/** A network's tokens, legal ones of `decisions`, and its reward. */
export function rewardedSchema(decisions: readonly Decision[]) {
  const tokensSchema = z.array(z.int()).superRefine((tokens, context) => {
    const wrong = wrongTokens(tokens, decisions);
    if (wrong) context.addIssue({ code: "custom", message: wrong });
  });
  return z.object({ tokens: tokensSchema, reward: z.number() });
}

export type Rewarded = z.output<ReturnType<typeof rewardedSchema>>;

/** The results that have a reward, in their order, with tokens of their own. */
export function rewardedOf(results: readonly Result[]): Rewarded[] {
  return results.flatMap(({ sample, reward }) => reward === null ? [] : [{ tokens: [...sample.tokens], reward }]);
}
