import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";

/** Every stride-th pixel, zero channels before and after: the shortcut of src/ops/subsample.ts. */
export const subsample: Emitter<NodeOf<"subsample">> = (list, { node, inputs: [input], inputShapes }) => {
  const [, , channels] = inputShapes[0];
  const added = node.channels - channels;
  const before = added >> 1;
  let value = input;
  // The largest of one pixel is that pixel.
  if (node.stride > 1) {
    const strides = [node.stride, node.stride];
    const config = { pool_size: [1, 1], strides, padding: "valid", data_format: "channels_last" };
    value = list.layer("MaxPooling2D", [value], config, added > 0 ? "pixels" : undefined);
  }
  if (added > 0) {
    // No layer pads channels as such. One that takes its input for channels first pads the last two axes, which here are
    // width and channels.
    const config = { padding: [[0, 0], [before, added - before]], data_format: "channels_first" };
    value = list.layer("ZeroPadding2D", [value], config);
  }
  return value;
};
