import type { Distiller } from "../distillation/distiller.ts";
import { train } from "../training/train.ts";
import type { Procedure } from "./procedure.ts";

/** One training by a loss. */
export function plainTraining(distiller: Distiller): Procedure {
  const { firstNeeds = [], name, tasks, teachers } = distiller;
  const needs = [...new Set([...distiller.needs, ...firstNeeds])];
  return {
    name,
    tasks,
    needs,
    teachers,
    startsFromWeights: true,
    async run(context) {
      const { architecture, startWeights: weights } = context;
      return { architecture, details: {}, ...await train(architecture, { ...context, distiller, weights }) };
    },
  };
}
