// What a device runs of a network: the kernels of its deployed form, batch norm folded and activations fused into them.
import { layoutOf, type NodeLayout } from "../../src/ops/layout.ts";
import type { Shape } from "../../src/ops/op.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";

/** One launch of a kernel, for one image. */
export interface DeployedKernel {
  /** The op, with its window where it has one: "conv 1x1", "depthwiseConv 5x5", "add". */
  kind: string;
  /** Multiply-adds as a machine with vectors does them: channels that do not fill a vector cost as if they did. */
  work: number;
  /** Bytes read and written: inputs, weights, output, as 32-bit numbers. */
  bytes: number;
}

const bytesPerNumber = 4;

// Widths of the micro-kernels of XNNPACK, which both WebAssembly runtimes use: products give 8 columns at a time,
// depthwise kernels 4 channels. On other backends the coefficients of the fit take up the difference.
const columnsAtATime = 8;
const channelsAtATime = 4;

const size = (shape: Shape) => shape.reduce((product, length) => product * length, 1);

function kindOf({ node }: NodeLayout): string {
  switch (node.op) {
    case "conv":
    case "depthwiseConv":
    case "averagePool":
    case "maxPool":
      return `${node.op} ${node.kernel}x${node.kernel}`;
    default:
      return node.op;
  }
}

/** How many numbers the last axis of an output takes to compute, over how many it has. */
function filling({ node, outputShape }: NodeLayout): number {
  const channels = outputShape[outputShape.length - 1];
  const together = node.op === "depthwiseConv" ? channelsAtATime : node.op === "conv" ? columnsAtATime : 1;
  return Math.ceil(channels / together) * together / channels;
}

/** The kernels of `architecture` in order. RangeError where the architecture is none. */
export function kernelsOf(architecture: Architecture): DeployedKernel[] {
  // Dropout is nothing once a network is deployed.
  const run = layoutOf(architecture).nodes.filter(({ node }) => node.op !== "dropout");
  return run.map((layout): DeployedKernel => {
    const { inputShapes, node, op, outputShape, parameters, statistics } = layout;
    const read = inputShapes.reduce((sum, shape) => sum + size(shape), 0);
    const trained = parameters.reduce((sum, weight) => sum + weight.size, 0);
    // Folding leaves a bias of batch norm's scale, shift, mean and variance, of which the latter two are statistics.
    const weights = trained - statistics.reduce((sum, weight) => sum + weight.size, 0) / 2;
    return {
      kind: kindOf(layout),
      work: op.multiplyAdds(node, inputShapes) * filling(layout),
      bytes: bytesPerNumber * (read + weights + size(outputShape)),
    };
  });
}
