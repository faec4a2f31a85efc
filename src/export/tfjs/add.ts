import type { NodeOf } from "../../schemas/architecture.ts";
import { activationName } from "./activation.ts";
import type { Emitter } from "./emitter.ts";

/** The sum of two values of one shape, then the activation. */
export const add: Emitter<NodeOf<"add">> = (list, { node: { activation = "none" }, inputs }) => {
  if (activation === "none") return list.layer("Add", inputs);
  return list.layer("Activation", [list.layer("Add", inputs, {}, "sum")], { activation: activationName(activation) });
};
