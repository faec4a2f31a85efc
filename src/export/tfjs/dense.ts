import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";
import type { LayerList } from "./layer_list.ts";

/** Appends a linear layer with `kernel` `[inputs, outputs]` and `bias`, then `activation`; gives its name. */
export function emitDense(
  list: LayerList,
  input: string,
  { kernel, bias, activation, suffix }: {
    kernel: Float32Array;
    bias: Float32Array;
    activation: "linear" | "relu" | "sigmoid";
    suffix?: string;
  },
): string {
  const units = bias.length;
  const layer = list.layer("Dense", [input], { units, activation, use_bias: true }, suffix);
  list.weight(layer, "kernel", [kernel.length / units, units], kernel);
  list.weight(layer, "bias", [units], bias);
  return layer;
}

export const dense: Emitter<NodeOf<"dense">> = (list, { inputs: [input], weights: { kernel, bias } }) =>
  emitDense(list, input, { kernel, bias, activation: "linear" });
