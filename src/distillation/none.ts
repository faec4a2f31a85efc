import { crossEntropy } from "./cross_entropy.ts";
import type { Distiller } from "./distiller.ts";

/** Training on the labels alone. */
export function none(): Distiller {
  return {
    name: "none",
    needs: [],
    softTargets: { temperature: 1, alpha: 1 },
    loss: ({ labels, studentLogits }) => crossEntropy(labels, studentLogits),
  };
}
