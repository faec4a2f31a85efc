// Weights of a network as two flat vectors, laid out by src/ops/layout.ts.
import { hashSeed, Random } from "../data/random.ts";
import { layoutOf, type PlacedWeight, type Weights } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";

export type { Weights };

function fill(weights: readonly PlacedWeight[], out: Float32Array, random: Random): void {
  for (const { offset, size, initial } of weights) {
    const place = out.subarray(offset, offset + size);
    if ("constant" in initial) place.fill(initial.constant);
    else for (let i = 0; i < size; i++) place[i] = initial.deviation * random.normal();
  }
}

/**
 * Weights before training, the same for the same seed on every machine to within the last bit of `Math.log` and `Math.cos`.
 * `randomStatistics` gives moving averages that differ from 0 and 1, so that a wrongly folded batch norm shows.
 */
export function initialiseWeights(
  architecture: Architecture,
  seed: number,
  options: { randomStatistics?: boolean } = {},
): Weights {
  const layout = layoutOf(architecture);
  const parameters = new Float32Array(layout.parameterCount);
  const statistics = new Float32Array(layout.statisticCount);
  const random = new Random(hashSeed(seed, "weights"));
  for (const node of layout.nodes) {
    fill(node.parameters, parameters, random);
    fill(node.statistics, statistics, random);
    if (!options.randomStatistics) continue;
    for (const { name, offset, size } of node.statistics) {
      for (let i = offset; i < offset + size; i++) {
        statistics[i] = name === "movingMean" ? 0.2 * random.normal() : 0.5 + random.next();
      }
    }
  }
  return { parameters, statistics };
}
