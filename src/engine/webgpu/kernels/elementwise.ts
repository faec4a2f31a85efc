// The two shapes of elementwise kernels: one thread gives a few rows of one channel. `gather` fills a tensor, with the
// statistics that batch norm needs where they are wanted; `gatherGradient` passes a gradient on to a value.
import type { Value } from "../../plan.ts";
import { elementThreads, elementTiles, rowsOf } from "../geometry.ts";
import type { Memory } from "../memory.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declarePartials, declareRowSum, type RowLanes, statisticsCode, sumsCode } from "../reductions.ts";
import type { Dispatch, Shader } from "../shader.ts";
import { writeGradient } from "../value_access.ts";

/** Where the rows of a tile are, so that a finishing kernel can weigh them. */
export interface Tiled {
  dispatch: Dispatch;
  tiles: number;
  rowsPerTile: number;
}

const rowLoop = (lanes: number, rowLanes: number, body: string) => `
  let channel = block * ${lanes}u + local % ${lanes}u;
  let first = tile * ${rowLanes}u * sizes.rows_per_thread + local / ${lanes}u;
  if (channel < sizes.channels) {
    for (var i = 0u; i < sizes.rows_per_thread; i++) {
      let row = first + i * ${rowLanes}u;
      if (row >= sizes.rows) { break; }
      let image = row / sizes.pixels;
      let pixel = row % sizes.pixels;
      let index = row * sizes.channels + channel;
${body}
    }
  }`;

/**
 * Fills `target` `[batch, pixels, channels]`, of `shape`, with `value_at(image, pixel, channel) -> f32`, which the
 * shader has declared.
 */
export function gather(
  shader: Shader,
  options: { target: Memory; batchSize: number; value: Value; partials?: (floats: number) => Memory },
): Tiled {
  const { target, batchSize, value, partials } = options;
  const [height, width, channels] = value.shape;
  const rows = rowsOf(value, batchSize);
  const { lanes, rowLanes, rowsPerThread, tiles, blocks } = elementTiles(rows, channels, partials ? 4 : 1);
  shader.write("target_values", target);
  shader.sizes({ rows, channels, pixels: height * width, rows_per_thread: rowsPerThread });
  const rowsPerTile = rowLanes * rowsPerThread;
  let body = rowLoop(lanes, rowLanes, "      target_values[index] = value_at(image, pixel, channel);");
  if (partials) {
    const columns: RowLanes = { type: "f32", lanes, threads: elementThreads };
    declareRowSum(shader, columns);
    declarePartials(shader, { memory: partials(2 * tiles * channels), channels });
    // Relative to the first value, so that a mean far from zero does not cancel the variance away.
    const visit = `
      let value = value_at(image, pixel, channel);
      target_values[index] = value;
      if (i == 0u) { origin = value; }
      let difference = value - origin;
      sum = sum + difference;
      square = square + difference * difference;
      count = count + 1.0;`;
    body = `
  var origin = 0.0; var sum = 0.0; var square = 0.0; var count = 0.0;
  ${rowLoop(lanes, rowLanes, visit)}
  let share = sum / max(count, 1.0);
  let mean = origin + share;
  let squares = max(square - sum * share, 0.0);
  let rows_per_tile = ${rowLanes}u * sizes.rows_per_thread;
  let tile_count = f32(min(rows_per_tile, sizes.rows - tile * rows_per_tile));
  ${statisticsCode(columns, "channel")}`;
  }
  return { dispatch: shader.dispatch({ tiles, blocks, threads: elementThreads, body }), tiles, rowsPerTile };
}

/** How the gradient of a value is to be stored. */
export interface GradientTarget {
  value: Value;
  mode: "write" | "add";
  /** Whether this is the last that comes to it, so that its sums are taken. */
  sums: boolean;
  before?: boolean;
}

/** Brings `gradient_at(image, pixel, channel) -> f32`, which the shader has declared, to the gradient of a value. */
export function gatherGradient(shader: Shader, memory: NetworkMemory, target: GradientTarget): Tiled {
  const { value, mode, sums, before } = target;
  const [height, width, channels] = value.shape;
  const rows = rowsOf(value, memory.plan.batchSize);
  const { lanes, rowLanes, rowsPerThread, tiles, blocks } = elementTiles(rows, channels, sums ? 4 : 1);
  writeGradient(shader, memory, value, { mode, sums, before });
  shader.sizes({ rows, channels, pixels: height * width, rows_per_thread: rowsPerThread });
  const store = "store_gradient(index, channel, gradient_at(image, pixel, channel))";
  let body = rowLoop(lanes, rowLanes, `      _ = ${store};`);
  if (sums) {
    const columns: RowLanes = { type: "f32", lanes, threads: elementThreads };
    declareRowSum(shader, columns);
    declarePartials(shader, { memory: memory.partialsOf(2 * tiles * channels), channels });
    body = `
  var sum_gradient = 0.0; var sum_product = 0.0;
  ${
      rowLoop(
        lanes,
        rowLanes,
        `      let terms = ${store}; sum_gradient = sum_gradient + terms.x; sum_product = sum_product + terms.y;`,
      )
    }
  ${sumsCode(columns, "channel")}`;
  }
  const dispatch = shader.dispatch({ tiles, blocks, threads: elementThreads, body });
  return { dispatch, tiles, rowsPerTile: rowLanes * rowsPerThread };
}
