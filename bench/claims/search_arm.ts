// One search: a controller asks, the lab answers, as `deno task search` does it. Deterministic.
import type { ControllerName, RewardForm } from "../../src/schemas/search_options.ts";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import { hashSeed } from "../../src/data/random.ts";
import { countMemoryBytes } from "../../src/models/deployed_size.ts";
import { countMultiplyAdds, countParameters } from "../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { SearchSpace } from "../../src/spaces/space.ts";
import { createController } from "../../search/controllers/table.ts";
import { rewardOf } from "../../search/reward.ts";
import type { Lab, TrainingRequest } from "./lab.ts";

/** How sampled students are taught. */
export interface Teaching {
  method: string;
  options?: Record<string, unknown>;
  teachers: readonly TrainingRequest[];
}

export const labelsOnly: Teaching = { method: "none", teachers: [] };

export interface SearchArm {
  space: SearchSpace;
  controller: { name: ControllerName; options?: Record<string, unknown> };
  trials: number;
  /** Of the controller and of the students' trainings. */
  seed: number;
  /** The training of a sampled network. */
  training: (architecture: Architecture, seed: number) => TrainingRequest;
  /** Latency target in ms; without one the accuracy is the reward. */
  targetMs?: number;
  reward?: RewardForm;
}

export interface SearchedStudent {
  tokens: number[];
  hash: string;
  /** On the validation part; 0 where the training diverged. */
  accuracy: number;
  /** Foreseen. */
  latencyMs: number;
  reward: number;
  multiplyAdds: number;
  parameters: number;
  memoryBytes: number;
}

async function judge(lab: Lab, arm: SearchArm, tokens: number[]): Promise<SearchedStudent> {
  const architecture = arm.space.decode(tokens);
  const hash = architectureHash(architecture);
  // By the network, not by the trial: a student that is proposed again is the same one.
  const outcome = await lab.train(arm.training(architecture, hashSeed(arm.seed, "student", hash)));
  const accuracy = outcome.diverged === undefined ? outcome.accuracy : 0;
  const latencyMs = lab.latencyMs(architecture);
  const { reward: form = "hard", targetMs } = arm;
  return {
    tokens,
    hash,
    accuracy,
    latencyMs,
    reward: targetMs === undefined ? accuracy : rewardOf({ accuracy, latencies: [{ latencyMs, targetMs }], form }),
    multiplyAdds: countMultiplyAdds(architecture),
    parameters: countParameters(architecture),
    memoryBytes: countMemoryBytes(architecture),
  };
}

/** Runs the search and gives its students in the order of the asks, duplicates included. Rejects as {@linkcode Lab.train}. */
export async function search(lab: Lab, arm: SearchArm): Promise<SearchedStudent[]> {
  const { controller: { name, options = {} }, seed, space, trials } = arm;
  const controller = createController(name, { decisions: space.decisions, seed, ...options });
  const students: SearchedStudent[] = [];
  const batch = defaultControllerBatch(trials);
  while (students.length < trials) {
    const samples = controller.ask(Math.min(batch, trials - students.length));
    const judged = await settleAll(samples.map(({ tokens }) => judge(lab, arm, tokens)));
    controller.tell(samples.map((sample, index) => ({ sample, reward: judged[index].reward })));
    students.push(...judged);
  }
  return students;
}

/** All values, or the first reason once all have ended: what is under way is not left behind unheard. */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/**
 * The `count` different students of the highest rewards among those that are foreseen to take `withinMs` or less, best
 * first; of equal ones the earlier. RangeError where there is none.
 */
export function topStudents(
  students: readonly SearchedStudent[],
  count: number,
  withinMs = Infinity,
): SearchedStudent[] {
  const different = students.filter(({ hash }, index) => students.findIndex((other) => other.hash === hash) === index);
  const within = different.filter(({ latencyMs }) => latencyMs <= withinMs);
  if (within.length === 0) throw new RangeError(`no student of the search takes ${withinMs.toFixed(3)} ms or less`);
  return within.map((student, index) => ({ student, index }))
    .sort((a, b) => b.student.reward - a.student.reward || a.index - b.index)
    .slice(0, count)
    .map(({ student }) => student);
}
