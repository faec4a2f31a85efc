// Where layers can be added to a network.
import { layoutOf } from "../ops/layout.ts";
import type { Shape } from "../ops/op.ts";
import type { Activation, Architecture } from "../schemas/architecture.ts";

/** The end of a block of the backbone, after which layers are added. */
export interface GrowthPlace {
  /** Node that ends the block. */
  end: number;
  /** Node whose output enters the block; -1: the images. */
  start: number;
  /** `[height, width, channels]` of the end. */
  shape: Shape;
  /** What the end's values have gone through: applied after an addition too, it leaves them as they are. */
  activation: Activation;
  /** Stride that brings the start to the size of the end; undefined where neither 1 nor 2 does. */
  stride?: 1 | 2;
  /** The first later place of another block that has the same shape. */
  next?: number;
}

/** Nodes through whose output all that comes later passes. */
function cutNodes(architecture: Architecture): number[] {
  const { nodes } = architecture;
  const cuts: number[] = [];
  // The earliest output that nodes after the one in question read.
  let earliest = nodes.length;
  for (let index = nodes.length - 1; index >= 0; index--) {
    if (earliest >= index) cuts.unshift(index);
    earliest = Math.min(earliest, ...nodes[index].inputs);
  }
  return cuts;
}

/**
 * `count` places of `backbone` from its first to its last block, evenly, several at one block where there are fewer
 * blocks. A block ends at a node that all later ones depend on: an addition or a tapped feature, or any such node
 * where there are none of these. RangeError where the network has no such node that gives an image-shaped feature.
 */
export function growthPlaces(backbone: Architecture, count: number): GrowthPlace[] {
  const { nodes } = layoutOf(backbone);
  const { height, width, channels } = backbone.input;
  const shapeOf = (node: number): Shape => node < 0 ? [height, width, channels] : nodes[node].outputShape;
  const cuts = cutNodes(backbone).filter((index) => nodes[index].outputShape.length === 3);
  const marked = cuts.filter((index) => nodes[index].node.op === "add" || nodes[index].node.tap !== undefined);
  const ends = marked.length > 0 ? marked : cuts;
  if (ends.length === 0) throw new RangeError("the backbone has no feature map that all of its later layers depend on");
  const chosen = Array.from({ length: count }, (_, layer) => Math.ceil((layer + 1) * ends.length / count) - 1);
  const stem = cuts[0] < ends[0] ? cuts[0] : -1;
  const places = chosen.map((block): GrowthPlace => {
    const end = ends[block];
    const start = block > 0 ? ends[block - 1] : stem;
    const { node, outputShape } = nodes[end];
    const [from, to] = [shapeOf(start), outputShape];
    const stride = ([1, 2] as const).find((stride) =>
      [0, 1].every((axis) => Math.ceil(from[axis] / stride) === to[axis])
    );
    return {
      end,
      start,
      stride,
      shape: outputShape,
      activation: "activation" in node ? node.activation ?? "none" : "none",
    };
  });
  for (const [index, place] of places.entries()) {
    const next = places.findIndex(({ end, shape }, later) =>
      later > index && end !== place.end && shape.join() === place.shape.join()
    );
    if (next >= 0) place.next = next;
  }
  return places;
}
