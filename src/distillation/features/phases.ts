// The phases that several feature methods have in common.
import * as z from "zod";
import type { DistillationContext, Phase } from "../distiller.ts";

/** Training by the task's own loss alone, for `share` of the steps. */
export function taskPhase({ task }: DistillationContext, share: number): Phase {
  return {
    name: "task",
    share,
    taskWeight: 1,
    ...(task === "classification" && { softTargets: { temperature: 1, alpha: 1 } }),
  };
}

/** Option of methods whose first phase gives the student a start. */
export const initialisationShareOption = z.number().min(0.01).max(0.99)
  .describe("share of the steps that the initialisation takes, where another phase follows");
