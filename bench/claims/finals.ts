// Final trainings of searched students.
import { hashSeed } from "../../src/data/random.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { type ArmName, type ArmRun, arms, finalTraining, runArm, teachingBy } from "./arms.ts";
import type { BlockContext } from "./claim.ts";
import { settleAll, type Teaching, topStudents } from "./search_arm.ts";

/** Students of a search that are trained to the end: the best ones that keep its target. */
export const finalCount = 2;

export interface FinalResult {
  /** On the test part; null where the training diverged. */
  testAccuracy: number | null;
  /** On the validation part. */
  accuracy: number;
  /** File of the test part's logits. */
  logits?: string;
}

/** Trains a network to the end. The seed depends on network and block, not on how it is taught. */
export async function trainFinal(
  context: BlockContext,
  architecture: Architecture,
  teaching: Teaching,
): Promise<FinalResult> {
  const seed = hashSeed("final", context.seed, architectureHash(architecture));
  const outcome = await context.lab.train(finalTraining(context, architecture, { seed, teaching }));
  if (outcome.diverged !== undefined) return { testAccuracy: null, accuracy: 0 };
  const { accuracy, logits, testAccuracy } = outcome;
  if (testAccuracy === undefined) throw new Error("a final training did not read the test part");
  return { testAccuracy, accuracy, logits };
}

/** Mean test accuracy; a diverged training counts as a guess, at `chance`. */
export function meanTestAccuracy(results: readonly FinalResult[], chance = 0.1): number {
  if (results.length === 0) throw new RangeError("a mean test accuracy takes one final training or more, got none");
  return results.reduce((sum, { testAccuracy }) => sum + (testAccuracy ?? chance), 0) / results.length;
}

/** An arm with its best students, decoded, and their final trainings. */
export interface FinishedArm extends ArmRun {
  winners: Architecture[];
  /** Foreseen, of the winners. */
  latenciesMs: number[];
  distilled: FinalResult[];
}

/** Runs an arm and trains its best students to the end by plain distillation from the first residual teacher. */
export async function finishArm(context: BlockContext, arm: ArmName, share: number): Promise<FinishedArm> {
  const { dataset, lab } = context;
  const run = await runArm(context, arm, share);
  const space = createSpace(arms[arm].space, await lab.io(dataset));
  const best = topStudents(run.students, finalCount, run.targetMs);
  const winners = best.map(({ tokens }) => space.decode(tokens));
  const teaching = await teachingBy(lab, "residual", { dataset });
  const distilled = await settleAll(winners.map((one) => trainFinal(context, one, teaching)));
  return { ...run, winners, latenciesMs: best.map(({ latencyMs }) => latencyMs), distilled };
}
