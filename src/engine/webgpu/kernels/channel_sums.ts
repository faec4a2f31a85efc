// Sums over the pixels of each image and channel.
import type { Value } from "../../plan.ts";
import { elementThreads, elementTiles } from "../geometry.ts";
import type { Memory } from "../memory.ts";
import { declareRowSum } from "../reductions.ts";
import type { Dispatch, Shader } from "../shader.ts";

/**
 * Fills `target` `[batch, channels]` with `factor` times the sums of `term_at(index, channel, image) -> f32` over
 * `value`.
 */
export function channelSums(
  shader: Shader,
  options: { target: Memory; value: Value; batchSize: number; factor: number },
): Dispatch {
  const { target, value, batchSize, factor } = options;
  const [height, width, channels] = value.shape;
  const { lanes, rowLanes, blocks } = elementTiles(height * width, channels);
  shader.write("sums", target);
  shader.sizes({ channels, pixels: height * width });
  shader.size("factor", factor, "f32");
  declareRowSum(shader, { type: "f32", lanes, threads: elementThreads });
  const body = `
  let channel = block * ${lanes}u + local % ${lanes}u;
  var sum = 0.0;
  if (channel < sizes.channels) {
    for (var pixel = local / ${lanes}u; pixel < sizes.pixels; pixel += ${rowLanes}u) {
      sum = sum + term_at((tile * sizes.pixels + pixel) * sizes.channels + channel, channel, tile);
    }
  }
  let total = row_sum(sum, local);
  if (local < ${lanes}u && channel < sizes.channels) { sums[tile * sizes.channels + channel] = sizes.factor * total; }`;
  return shader.dispatch({ tiles: batchSize, blocks, threads: elementThreads, body });
}
