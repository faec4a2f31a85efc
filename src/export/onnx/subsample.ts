import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";

/** Every stride-th pixel, zero channels before and after: the shortcut of src/ops/subsample.ts. */
export const subsample: Emitter<NodeOf<"subsample">> = (graph, { node, inputs: [input], inputShapes }) => {
  const [height, width, channels] = inputShapes[0];
  const pixels = node.stride === 1 ? input : graph.node("Slice", [
    input,
    graph.integers("starts", [0, 0]),
    graph.integers("ends", [height, width]),
    graph.integers("axes", [2, 3]),
    graph.integers("steps", [node.stride, node.stride]),
  ]);
  const added = node.channels - channels;
  if (added === 0) return pixels;
  const before = added >> 1;
  return graph.node("Pad", [pixels, graph.integers("pads", [0, before, 0, 0, 0, added - before, 0, 0])]);
};
