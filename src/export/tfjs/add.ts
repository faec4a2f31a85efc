import type { NodeOf } from "../../schemas/architecture.ts";
import { activationName } from "./activation.ts";
import type { Emitter } from "./emitter.ts";

/** The sum of two values of one shape, then the activation. */
export const add: Emitter<NodeOf<"add">> = (list, { node: { activation = "none" }, inputs: [first, second] }) => {
  // TF.js frees a value when it was read as often as layers read it: one that reads it twice counts once there.
  const other = second === first
    ? list.layer("Activation", [second], { activation: activationName("none") }, "again")
    : second;
  if (activation === "none") return list.layer("Add", [first, other]);
  const sum = list.layer("Add", [first, other], {}, "sum");
  return list.layer("Activation", [sum], { activation: activationName(activation) });
};
