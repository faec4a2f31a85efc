// Which layers must have as many channels as each other: whoever changes the width of a network keeps to it.
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";

export interface ChannelTies {
  /** Of each node's output, the number of its tie: outputs of one tie have the same channels. */
  ofNodes: number[];
  /** Those of the images and of the logits, whose channels are given. */
  given: readonly number[];
  /** Those on either side of a shortcut that adds channels of zeros. */
  padded: readonly number[];
}

/**
 * Ties outputs through additions and layers that work channel by channel; convolutions and linear layers make channels of
 * their own. RangeError on an architecture whose shapes do not fit.
 */
export function channelTies(architecture: Architecture): ChannelTies {
  // Place 0 stands for the images, place i + 1 for the output of node i.
  const parents = Array.from({ length: architecture.nodes.length + 1 }, (_, place) => place);
  const find = (place: number): number => parents[place] === place ? place : (parents[place] = find(parents[place]));
  const paddedPlaces: number[] = [];
  for (const [index, { node, inputShapes, outputShape }] of layoutOf(architecture).nodes.entries()) {
    if (node.op === "conv" || node.op === "dense") continue;
    const padded = inputShapes[0].at(-1) !== outputShape.at(-1);
    for (const input of node.inputs) {
      if (padded) paddedPlaces.push(input + 1, index + 1);
      else parents[find(input + 1)] = find(index + 1);
    }
  }
  return {
    ofNodes: architecture.nodes.map((_, index) => find(index + 1)),
    given: [find(0), find(architecture.nodes.length)],
    padded: paddedPlaces.map(find),
  };
}
