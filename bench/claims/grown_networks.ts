// Networks grown from a trained backbone under a memory budget (KDAS, 1911.13019): the loss of the search is crossed with that
// of the final training.
import { hashSeed } from "../../src/data/random.ts";
import { countMemoryBytes } from "../../src/models/deployed_size.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { students as fixedStudents } from "../distillation/networks.ts";
import { finalTraining, proxyTraining } from "./arms.ts";
import type { BlockContext } from "./claim.ts";
import { ensembleAccuracy } from "./ensemble.ts";
import { type FinalResult, trainFinal } from "./finals.ts";
import type { TrainingRequest } from "./lab.ts";
import { growthNumbers, kdOptions, temperature } from "./recipe.ts";
import { labelsOnly, search, settleAll, type Teaching, topStudents } from "./search_arm.ts";
import { teacherRequest } from "./teachers.ts";

/** In memory of the backbone. */
export const memoryFactors = [1.3, 2] as const;
const teacherCount = 5;
/** Layers that may be added. */
const layers = 6;
/** Fixed students as large as grown ones: the backbone wider. */
export const fixedWidths = [1, 1.25, 1.5] as const;

export const lossNames = ["labels", "average", "oracle"] as const;
export type LossName = typeof lossNames[number];

export interface Grown {
  factor: number;
  searchLoss: LossName;
  winner: Architecture;
  memoryBytes: number;
  finals: Record<LossName, FinalResult>;
}

export interface Fixed {
  width: number;
  memoryBytes: number;
  final: FinalResult;
}

export interface GrowthBlock {
  seed: number;
  grown: Grown[];
  fixed: Fixed[];
  /** Test accuracy of the teachers together. */
  ensemble: number;
}

/** The narrowest of `fixed` that takes `memoryBytes` or more, else the widest. */
export function asLarge(fixed: readonly Fixed[], memoryBytes: number): Fixed {
  const sorted = [...fixed].sort((a, b) => a.memoryBytes - b.memoryBytes);
  return sorted.find((one) => one.memoryBytes >= memoryBytes) ?? sorted[sorted.length - 1];
}

async function teachings(context: BlockContext): Promise<Record<LossName, Teaching>> {
  const teachers = await settleAll(
    Array.from(
      { length: teacherCount },
      (_, index) => teacherRequest(context.lab, { family: "residual", index, dataset: context.dataset }),
    ),
  );
  return {
    labels: labelsOnly,
    average: { method: "multi-teacher", options: kdOptions, teachers },
    oracle: { method: "oracle", options: { temperature }, teachers },
  };
}

async function grow(
  context: BlockContext,
  { backbone, factor, searchLoss, taught }: {
    backbone: TrainingRequest;
    factor: number;
    searchLoss: LossName;
    taught: Record<LossName, Teaching>;
  },
): Promise<Grown> {
  const { dataset, lab, seed, trials } = context;
  const space = createSpace("growth", {
    ...await lab.io(dataset),
    backbone: backbone.architecture,
    layers,
    maxMemoryBytes: Math.round(factor * countMemoryBytes(backbone.architecture)),
  });
  const students = await search(lab, {
    space,
    controller: { name: "reinforce" },
    trials,
    // The same agent and the same seeds of trainings, whatever the loss.
    seed: hashSeed("growth", seed, factor),
    training: (architecture, studentSeed) => ({
      ...proxyTraining(context, architecture, { seed: studentSeed, teaching: taught[searchLoss] }),
      numbers: growthNumbers,
      startFrom: backbone,
    }),
  });
  const [best] = topStudents(students, 1);
  const winner = space.decode(best.tokens);
  const finals = await settleAll(lossNames.map((loss) => trainFinal(context, winner, taught[loss])));
  const [labels, average, oracle] = finals;
  return { factor, searchLoss, winner, memoryBytes: best.memoryBytes, finals: { labels, average, oracle } };
}

async function ensembleOf(context: BlockContext, { teachers }: Teaching): Promise<number> {
  const { dataset, lab } = context;
  const logits = await settleAll(teachers.map(async (teacher) => {
    const outcome = await lab.train(teacher);
    if (outcome.diverged !== undefined || outcome.logits === undefined) throw new Error("a teacher was not trained");
    return new Float32Array((await Deno.readFile(outcome.logits)).buffer);
  }));
  return ensembleAccuracy(logits, await lab.testLabels(dataset));
}

/** Everything of one seed. */
export async function measureGrowth(context: BlockContext): Promise<GrowthBlock> {
  const { dataset, lab, seed } = context;
  const io = await lab.io(dataset);
  const taught = await teachings(context);
  const backbone = {
    ...finalTraining(context, fixedStudents.residual(io), {
      seed: hashSeed("growth", "backbone"),
      teaching: labelsOnly,
    }),
    keepWeights: true,
  };
  const space = createSpace("growth", { ...io, backbone: backbone.architecture, layers });
  const [grown, fixed, ensemble] = await Promise.all([
    settleAll(
      memoryFactors.flatMap((factor) =>
        lossNames.map((searchLoss) => grow(context, { backbone, factor, searchLoss, taught }))
      ),
    ),
    settleAll(fixedWidths.map(async (width): Promise<Fixed> => {
      const architecture = space.reference(width);
      return {
        width,
        memoryBytes: countMemoryBytes(architecture),
        final: await trainFinal(context, architecture, taught.oracle),
      };
    })),
    ensembleOf(context, taught.oracle),
  ]);
  return { seed, grown, fixed, ensemble };
}
