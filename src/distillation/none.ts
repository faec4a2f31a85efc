import { crossEntropy } from "./cross_entropy.ts";
import type { Distiller } from "./distiller.ts";

/** Training on the labels alone. */
export function none(): Distiller {
  return { name: "none", needs: [], loss: ({ labels, studentLogits }) => crossEntropy(labels, studentLogits) };
}
