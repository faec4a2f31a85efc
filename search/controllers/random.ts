import * as z from "zod";
import { defineController } from "./definition.ts";
import { randomLegalTokens } from "./legal_tokens.ts";

/** Every token uniformly at random among the legal ones, whatever the rewards: the baseline for all others. */
export const random = defineController({
  name: "random",
  summary: "every choice at random: the baseline",
  paper: "Bergstra and Bengio 2012, JMLR 13",
  options: z.strictObject({}),
  begin: ({ decisions }) => ({
    propose: (count, random) => Array.from({ length: count }, () => randomLegalTokens(decisions, random)),
    learn: () => ({}),
    snapshot: () => ({}),
    restore: () => {},
  }),
});
