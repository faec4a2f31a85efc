// Parameters and memory of grown networks by arithmetic, without building them: masks of a budget ask for very many.
import { countDownloadBytes, liveNumbers } from "../models/deployed_size.ts";
import { countParameters, layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { growNetwork, type GrowthLayer, growthOperations } from "./growth_network.ts";
import type { GrowthPlace } from "./growth_places.ts";

/** What a network takes, as `countParameters` and `countMemoryBytes` of it say. */
export interface GrowthSize {
  parameters: number;
  memoryBytes: number;
}

/** A block with layers, and what of the backbone lies between it and such a block before. Sizes are in numbers. */
interface Stretch {
  places: number[];
  /** Most that the backbone alone keeps alive at a time up to the block's end, and where what enters it is kept too. */
  peak: number;
  keepingPeak: number;
  /** What enters the block, what leaves it, and a depthwise layer or pooling of what enters. */
  startSize: number;
  endSize: number;
  besideSize: number;
}

/** What a layer adds to the weights. */
interface Weights {
  parameters: number;
  downloadBytes: number;
}

const bytesPerNumber = 4;
const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

function stretchesOf(backbone: Architecture, places: readonly GrowthPlace[]): { all: Stretch[]; tailPeak: number } {
  const { nodes } = layoutOf(backbone);
  const { height, width, channels } = backbone.input;
  const shapeOf = (node: number) => node < 0 ? [height, width, channels] : nodes[node].outputShape;
  const live = liveNumbers(backbone);
  const most = (values: readonly number[]) => values.reduce((largest, value) => Math.max(largest, value), 0);
  const blocks = Map.groupBy(places.keys(), (index) => places[index].end);
  let first = 0;
  const all = [...blocks].map(([end, own]): Stretch => {
    const { start, shape } = places[own[0]];
    const startSize = product(shapeOf(start));
    const lastReader = nodes.findLastIndex(({ node }) => node.inputs.includes(start));
    const before = live.slice(first, end + 1);
    const keeping = before.map((size, index) => size + (first + index > Math.max(start, lastReader) ? startSize : 0));
    first = end + 1;
    const besideSize = shape[0] * shape[1] * shapeOf(start)[2];
    const [peak, keepingPeak] = [before, keeping].map(most);
    return { places: own, peak, keepingPeak, startSize, endSize: product(shape), besideSize };
  });
  return { all, tailPeak: most(live.slice(first)) };
}

/**
 * Sizes of networks grown from `backbone` with layers at `places`, by their tokens: an operation, `beside` and `onward`
 * per layer, fewer tokens than that for identities and zeros at the end. What is alive at a node depends on the layers
 * of its block and on branches that pass it by, since blocks end where all that comes later depends on one output.
 */
export function growthSizes(
  backbone: Architecture,
  places: readonly GrowthPlace[],
): (tokens: readonly number[]) => GrowthSize {
  const { all, tailPeak } = stretchesOf(backbone, places);
  const [parameters, downloadBytes] = [countParameters(backbone), countDownloadBytes(backbone)];
  // Layers do not change one another's weights: an addition leaves every shape as it is.
  const weightsOf = (layer: number, operation: number, beside: boolean): Weights => {
    const identity: GrowthLayer = { operation: "identity", beside: false, onward: false };
    const own: GrowthLayer = { operation: growthOperations[operation], beside, onward: false };
    const network = growNetwork(backbone, places, [...Array<GrowthLayer>(layer).fill(identity), own]);
    return {
      parameters: countParameters(network) - parameters,
      downloadBytes: countDownloadBytes(network) - downloadBytes,
    };
  };
  const weights = places.map(({ stride }, layer) =>
    growthOperations.map((_, operation) =>
      [false, true].map((beside) => weightsOf(layer, operation, beside && stride !== undefined))
    )
  );

  return (tokens) => {
    const total = { parameters, downloadBytes };
    const arriving = new Int32Array(places.length);
    // Numbers of branches on their way to a later place, and the most that is alive at a time.
    let [passing, most] = [0, tailPeak];
    const alive = (size: number) => {
      most = Math.max(most, passing + size);
    };
    for (const { besideSize, endSize, keepingPeak, peak, places: own, startSize } of all) {
      const lastBeside = own.findLast((layer) => tokens[3 * layer] > 0 && tokens[3 * layer + 1] === 1) ?? -1;
      alive(lastBeside < 0 ? peak : keepingPeak);
      for (const layer of own) {
        const kept = layer <= lastBeside ? startSize : 0;
        for (; arriving[layer] > 0; arriving[layer]--) {
          alive(2 * endSize + kept);
          passing -= endSize;
        }
        const operation = tokens[3 * layer] ?? 0;
        if (operation === 0) continue;
        const beside = tokens[3 * layer + 1] === 1;
        const added = weights[layer][operation][beside ? 1 : 0];
        total.parameters += added.parameters;
        total.downloadBytes += added.downloadBytes;
        const keptOn = layer < lastBeside ? startSize : 0;
        const name = growthOperations[operation];
        if (name === "conv3" || name === "conv5") alive(2 * endSize + kept);
        else {
          // What comes between its two nodes.
          const between = beside ? besideSize : endSize;
          alive(endSize + between + kept);
          alive(2 * endSize + between + keptOn);
        }
        // The branch, what it is added to, and the sum.
        alive(3 * endSize + keptOn);
        const { next } = places[layer];
        if (tokens[3 * layer + 2] === 1 && next !== undefined) {
          passing += endSize;
          arriving[next]++;
        }
      }
    }
    return { parameters: total.parameters, memoryBytes: total.downloadBytes + bytesPerNumber * most };
  };
}
