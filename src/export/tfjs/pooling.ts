import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";

function settings({ kernel, stride }: NodeOf<"averagePool"> | NodeOf<"maxPool">) {
  return {
    pool_size: [kernel, kernel],
    strides: [stride, stride],
    padding: "same",
    data_format: "channels_last",
  };
}

/** Padding is left out of the mean. */
export const averagePool: Emitter<NodeOf<"averagePool">> = (list, { node, inputs }) =>
  list.layer("AveragePooling2D", inputs, settings(node));

/** Padding never is the largest. */
export const maxPool: Emitter<NodeOf<"maxPool">> = (list, { node, inputs }) =>
  list.layer("MaxPooling2D", inputs, settings(node));

/** `[batch, height, width, channels]` to `[batch, channels]`. */
export const globalAveragePool: Emitter<NodeOf<"globalAveragePool">> = (list, { inputs }) =>
  list.layer("GlobalAveragePooling2D", inputs, { data_format: "channels_last" });
