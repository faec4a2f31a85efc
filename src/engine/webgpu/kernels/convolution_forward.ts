// The forward pass of convolutions and dense layers as one matrix product: rows are output pixels, terms the taps of
// the window times input channels, columns output channels. A dense layer is a window of one pixel whose bias is one
// more term.
import type { Value } from "../../plan.ts";
import { rowsOf, windowSizes } from "../geometry.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declarePartials, declareRowSum, type RowLanes, statisticsCode } from "../reductions.ts";
import { Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import type { Tiled } from "./elementwise.ts";
import { matrixProductBody, threadsOf, type Tile, tileFor, tileScratch } from "./matrix_product.ts";

/** A convolution's or dense layer's place in the network. */
export interface Product {
  label: string;
  input: Value;
  output: Value;
  kernel: number;
  stride: number;
  /** Place of the kernel in the flat vector; a bias follows it. */
  weights: number;
  bias: boolean;
}

/** `call` of four neighbours, as a vector. */
export function fourOf(call: (offset: string) => string): string {
  return `vec4<f32>(${[0, 1, 2, 3].map((offset) => call(`${offset}u`)).join(", ")})`;
}

/** Numbers of the rows that a thread holds. */
export function rowNumbers({ rowsPerThread }: Tile): number[] {
  return Array.from({ length: rowsPerThread }, (_, index) => index);
}

/**
 * Code that begins a piece of terms with `tap` and `first_inner`, the first of its `tile.depth` of `inner` channels; a
 * piece lies within one tap, so that only few divisions are needed. `pieces` is the expression of their number.
 */
export function tapPieces(kernel: number, depth: number): { pieces: string; beginPiece: string } {
  const perTap = `((sizes.inner + ${depth - 1}u) / ${depth}u)`;
  return {
    pieces: `${kernel * kernel}u * ${perTap}`,
    beginPiece: `let tap = piece / ${perTap}; let first_inner = (piece % ${perTap}) * ${depth}u;`,
  };
}

/** As {@linkcode tapPieces} where a tap has too few channels to fill a piece: each term finds its own tap. */
export function termPieces(kernel: number, depth: number): { pieces: string; beginPiece: string } {
  return { pieces: `(${kernel * kernel}u * sizes.inner + ${depth - 1}u) / ${depth}u`, beginPiece: "" };
}

/** Expressions of tap and inner channel at `term` of a piece. */
export function termPlace(wholeTaps: boolean, depth: number): { tap: string; inner: string } {
  if (wholeTaps) return { tap: "tap", inner: "first_inner + term" };
  const term = `(piece * ${depth}u + term)`;
  return { tap: `${term} / sizes.inner`, inner: `${term} % sizes.inner` };
}

function statistics(shader: Shader, memory: NetworkMemory, tile: Tile, tiles: number, channels: number): string {
  const lanes: RowLanes = { type: "vec4<f32>", lanes: tile.columns / 4, threads: threadsOf(tile) };
  declareRowSum(shader, lanes, tileScratch);
  declarePartials(shader, { memory: memory.partialsOf(2 * tiles * channels), channels });
  const numbers = rowNumbers(tile);
  // Rows past the end hold zeros.
  return `
  let tile_count = f32(min(${tile.rows}u, sizes.rows - first_row));
  let count = f32(clamp(i32(sizes.rows) - i32(row), 0, ${tile.rowsPerThread}));
  let mean = (${numbers.map((number) => `sum_${number}`).join(" + ")}) / max(count, 1.0);
  var squares = vec4<f32>(0.0);
  ${
    numbers.map((number) =>
      `if (row + ${number}u < sizes.rows) { let d = sum_${number} - mean; squares = squares + d * d; }`
    ).join("\n  ")
  }
  ${statisticsCode(lanes, "column")}`;
}

/** Writes the raw output, with the statistics of each tile where they are wanted. */
export function convolutionForward(memory: NetworkMemory, product: Product, withStatistics: boolean): Tiled {
  const { label, input, output, kernel, stride, weights, bias } = product;
  const rows = rowsOf(output, memory.plan.batchSize);
  const [channels, filters] = [input.shape[2], output.shape[2]];
  const tile = tileFor(rows, filters);
  const { depth } = tile;
  const tiles = Math.ceil(rows / tile.rows);
  const blocks = Math.ceil(filters / tile.columns);
  const threads = threadsOf(tile);
  const shader = new Shader(`${label} forward`);
  readValue(shader, memory, "x", input);
  shader.read("weights", memory.weights);
  shader.write("result", memory.of(output.raw));
  const inner = channels + (bias ? 1 : 0);
  shader.sizes({ rows, channels, inner, filters, weights, ...windowSizes(input, output, kernel, stride) });
  const wholeTaps = kernel === 1 || inner >= depth;
  const { tap, inner: channel } = termPlace(wholeTaps, depth);
  shader.code(
    `// Row and column of the first pixel under the window, and the image; far outside where there is no such row.
var<workgroup> places: array<vec4<i32>, ${tile.rows}>;
fn x_at(place: vec4<i32>, tap: u32, channel: u32) -> f32 {
  let y = u32(place.x + i32(tap / ${kernel}u));
  let x = u32(place.y + i32(tap % ${kernel}u));
  if (y >= sizes.height || x >= sizes.width) { return 0.0; }
  ${bias ? "if (channel == sizes.channels) { return 1.0; }" : ""}
  let image = u32(place.z);
  return load_x(((image * sizes.height + y) * sizes.width + x) * sizes.channels + channel, channel, image);
}
fn x4(row: u32, tap: u32, channel: u32) -> vec4<f32> {
  if (channel >= sizes.inner || tap >= ${kernel * kernel}u) { return vec4<f32>(0.0); }
  return ${fourOf((offset) => `x_at(places[row + ${offset}], tap, channel)`)};
}
fn weight_at(at: u32, column: u32) -> f32 {
  if (column >= sizes.filters) { return 0.0; }
  return weights[at + column];
}
fn weight4(tap: u32, channel: u32, column: u32) -> vec4<f32> {
  if (channel >= sizes.inner || tap >= ${kernel * kernel}u) { return vec4<f32>(0.0); }
  let at = sizes.weights + (tap * sizes.channels + channel) * sizes.filters;
  return ${fourOf((offset) => `weight_at(at, column + ${offset})`)};
}`,
  );
  const store = rowNumbers(tile).map((number) => `
  if (row + ${number}u < sizes.rows) {
    for (var lane = 0u; lane < 4u; lane++) { if (column + lane < sizes.filters) {
      result[(row + ${number}u) * sizes.filters + column + lane] = sum_${number}[lane]; } }
  }`).join("");
  const body = `
  let first_row = tile * ${tile.rows}u;
  let first_column = block * ${tile.columns}u;` + matrixProductBody(shader, {
    tile,
    setUp: `
  for (var i = local; i < ${tile.rows}u; i += ${threads}u) {
    let row = first_row + i;
    let pixel = row % (sizes.out_height * sizes.out_width);
    let y = i32(pixel / sizes.out_width) * ${stride} - i32(sizes.pad_top);
    let x = i32(pixel % sizes.out_width) * ${stride} - i32(sizes.pad_left);
    places[i] = select(vec4<i32>(-1048576, 0, 0, 0),
      vec4<i32>(y, x, i32(row / (sizes.out_height * sizes.out_width)), 0), row < sizes.rows);
  }
  workgroupBarrier();`,
    ...(wholeTaps ? tapPieces(kernel, depth) : termPieces(kernel, depth)),
    left: { along: "terms", load: `x4(row, ${tap}, ${channel})` },
    right: { along: "positions", load: `weight4(${tap}, ${channel}, first_column + row)` },
    finish: store + (withStatistics ? statistics(shader, memory, tile, tiles, filters) : ""),
  });
  return { dispatch: shader.dispatch({ tiles, blocks, threads, body }), tiles, rowsPerTile: tile.rows };
}
