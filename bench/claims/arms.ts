// The searches that claims compare, by name. Claims share them: a search that was made for one is read by the others.
import type { DatasetName } from "../../src/data/table.ts";
import { hashSeed } from "../../src/data/random.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { ControllerName, RewardForm } from "../../src/schemas/search_options.ts";
import { createSpace, type SpaceName } from "../../src/spaces/table.ts";
import type { BlockContext } from "./claim.ts";
import type { Lab, TrainingRequest } from "./lab.ts";
import { finalNumbers, kdOptions, proxyNumbers } from "./recipe.ts";
import { labelsOnly, search, type SearchedStudent, type Teaching } from "./search_arm.ts";
import { type TeacherFamily, teacherRequest } from "./teachers.ts";

interface ArmDefinition {
  space: SpaceName;
  /** Teacher's family; without one students learn from labels. */
  teacher?: TeacherFamily;
  controller: ControllerName;
  reward: RewardForm;
  /** Part of the seed, for arms whose runs are to be independent of others'. */
  salt?: string;
}

/** `plain` and `guided` are the two of the 2x2; each of the others differs from `guided` in one thing, beside seeds. */
export const arms = {
  plain: { space: "mnas", controller: "ppo", reward: "hard" },
  guided: { space: "mnas", teacher: "residual", controller: "ppo", reward: "hard" },
  // With seeds of its own: its runs and those of `guided` may then be relabelled freely by a permutation test.
  otherTeacher: { space: "mnas", teacher: "mobile", controller: "ppo", reward: "hard", salt: "other teacher" },
  // With the seeds of `guided`: the same agents, another teacher.
  sameAgent: { space: "mnas", teacher: "mobile", controller: "ppo", reward: "hard" },
  random: { space: "mnas", teacher: "residual", controller: "random", reward: "hard" },
  uniform: { space: "mnas-uniform", teacher: "residual", controller: "ppo", reward: "hard" },
  soft: { space: "mnas", teacher: "residual", controller: "ppo", reward: "soft" },
} satisfies Record<string, ArmDefinition>;

export type ArmName = keyof typeof arms;

/** A search that has ended. */
export interface ArmRun {
  arm: ArmName;
  targetMs: number;
  students: SearchedStudent[];
}

/** The teaching by the first teacher of `family` by plain distillation, or by labels alone. */
export async function teachingBy(
  lab: Pick<Lab, "io">,
  family: TeacherFamily | undefined,
  options: { dataset?: DatasetName; index?: number } = {},
): Promise<Teaching> {
  if (family === undefined) return labelsOnly;
  const { dataset, index = 0 } = options;
  return { method: "kd", options: kdOptions, teachers: [await teacherRequest(lab, { family, index, dataset })] };
}

/** The short training of a sampled student. */
export function proxyTraining(
  { dataset }: Pick<BlockContext, "dataset">,
  architecture: Architecture,
  { seed, teaching }: { seed: number; teaching: Teaching },
): TrainingRequest {
  const { method, options, teachers } = teaching;
  return {
    dataset,
    variant: { name: "whole" },
    architecture,
    seed,
    numbers: proxyNumbers,
    method,
    ...(options && { options }),
    teachers,
    test: false,
  };
}

/** The long training of a reported student: the only one that reads the test part. */
export function finalTraining(
  { dataset }: Pick<BlockContext, "dataset">,
  architecture: Architecture,
  { seed, teaching }: { seed: number; teaching: Teaching },
): TrainingRequest {
  return { ...proxyTraining({ dataset }, architecture, { seed, teaching }), numbers: finalNumbers, test: true };
}

/** Runs an arm, or gives the run of the same arm, seed and target that was made in this process. */
export function runArm(context: BlockContext, name: ArmName, share: number): Promise<ArmRun> {
  const { dataset, searches, seed, trials } = context;
  const key = JSON.stringify([name, seed, share, trials, dataset]);
  const known = searches.get(key);
  if (known) return known;
  const run = start(context, name, share);
  searches.set(key, run);
  // Whoever asked hears of a failure; the next claim that needs the search tries again.
  run.catch(() => searches.delete(key));
  return run;
}

async function start(context: BlockContext, name: ArmName, share: number): Promise<ArmRun> {
  const { dataset, lab, seed, trials } = context;
  const { controller, reward, salt = "", space: spaceName, teacher }: ArmDefinition = arms[name];
  const space = createSpace(spaceName, await lab.io(dataset));
  const teaching = await teachingBy(lab, teacher, { dataset });
  const targetMs = context.targetMs(share);
  const students = await search(lab, {
    space,
    controller: { name: controller },
    trials,
    seed: hashSeed("search", seed, share, salt),
    training: (architecture, studentSeed) => proxyTraining(context, architecture, { seed: studentSeed, teaching }),
    targetMs,
    reward,
  });
  return { arm: name, targetMs, students };
}
