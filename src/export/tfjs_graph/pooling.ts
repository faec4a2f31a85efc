import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";
import { text, wholes } from "./graph_def.ts";

/** `op` over windows. Padding is left out of a mean and never is the largest. */
export function windowPool(op: "AvgPool" | "MaxPool"): Emitter<NodeOf<"averagePool"> | NodeOf<"maxPool">> {
  return (graph, { node: { kernel, stride }, inputs }) =>
    graph.node(op, inputs, {
      ksize: wholes([1, kernel, kernel, 1]),
      strides: wholes([1, stride, stride, 1]),
      padding: text("SAME"),
      data_format: text("NHWC"),
    });
}

/** `[batch, height, width, channels]` to `[batch, channels]`. */
export const globalAveragePool: Emitter<NodeOf<"globalAveragePool">> = (graph, { inputs: [input] }) =>
  graph.node("Mean", [input, graph.integers("axes", [1, 2])], { keep_dims: { b: false } });
