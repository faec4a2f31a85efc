// What a deployed network takes of a device, known without running it.
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";

const bytesPerNumber = 4;

/** Bytes of the deployed weights as 32-bit numbers: batch norm is folded, so that of its four vectors a bias is left. */
export function countDownloadBytes(architecture: Architecture): number {
  const { parameterCount, statisticCount } = layoutOf(architecture);
  return bytesPerNumber * (parameterCount - statisticCount / 2);
}

/**
 * Numbers of activations that are alive while each node of an inference of one image runs, nodes run in their order,
 * each in a buffer of its own that is free after its last reader.
 */
export function liveNumbers(architecture: Architecture): number[] {
  const { nodes } = layoutOf(architecture);
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  const { height, width, channels } = architecture.input;
  const lastReader = nodes.map((_node, index) => index);
  let imageReader = 0;
  for (const [index, { node }] of nodes.entries()) {
    for (const input of node.inputs) {
      if (input < 0) imageReader = index;
      else lastReader[input] = index;
    }
  }
  const images = height * width * channels;
  return nodes.map((_node, index) => {
    let live = index <= imageReader ? images : 0;
    for (let made = 0; made <= index; made++) if (lastReader[made] >= index) live += size(nodes[made].outputShape);
    return live;
  });
}

/**
 * The most bytes that the deployed weights and the live activations take at one time of an inference, as
 * {@linkcode liveNumbers} has them. What a runtime adds, for instance its code or unrolled patches, is not counted.
 */
export function countMemoryBytes(architecture: Architecture): number {
  const most = liveNumbers(architecture).reduce((largest, live) => Math.max(largest, live), 0);
  return countDownloadBytes(architecture) + bytesPerNumber * most;
}
