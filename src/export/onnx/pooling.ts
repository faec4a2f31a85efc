import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";
import { windowAttributes } from "./same_padding.ts";

/** Padding is left out of the mean. */
export const averagePool: Emitter<NodeOf<"averagePool">> = (graph, { node, inputs, inputShapes: [[height, width]] }) =>
  graph.node("AveragePool", inputs, { ...windowAttributes(node, height, width), count_include_pad: 0 });

/** Padding never is the largest. */
export const maxPool: Emitter<NodeOf<"maxPool">> = (graph, { node, inputs, inputShapes: [[height, width]] }) =>
  graph.node("MaxPool", inputs, windowAttributes(node, height, width));

/** `[batch, channels, height, width]` to `[batch, channels]`. */
export const globalAveragePool: Emitter<NodeOf<"globalAveragePool">> = (graph, { inputs }) =>
  graph.node("Flatten", [graph.node("GlobalAveragePool", inputs)], { axis: 1 });
