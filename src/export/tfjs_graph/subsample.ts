import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";
import { whole } from "./graph_def.ts";

/** Every stride-th pixel, zero channels before and after: the shortcut of src/ops/subsample.ts. */
export const subsample: Emitter<NodeOf<"subsample">> = (graph, { node, inputs: [input], inputShapes }) => {
  const [, , channels] = inputShapes[0];
  const added = node.channels - channels;
  const before = added >> 1;
  const pixels = node.stride === 1 ? input : graph.node("StridedSlice", [
    input,
    graph.integers("begin", [0, 0, 0, 0]),
    graph.integers("end", [0, 0, 0, 0]),
    graph.integers("strides", [1, node.stride, node.stride, 1]),
    // A bit per axis: from the first to the last, whatever begin and end say.
  ], { begin_mask: whole(0b1111), end_mask: whole(0b1111) });
  if (added === 0) return pixels;
  return graph.node("Pad", [pixels, graph.integers("padding", [0, 0, 0, 0, 0, 0, before, added - before], [4, 2])]);
};
