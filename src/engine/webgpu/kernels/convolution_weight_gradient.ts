// The gradient of a convolution's or dense layer's kernel as one matrix product: rows are the taps of the window times
// input channels, terms output pixels, columns output channels. The pixels are split over workgroups, whose sums
// split_sums.ts adds up.
import { rowsOf, windowSizes } from "../geometry.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readOutputGradient, readValue } from "../value_access.ts";
import { fourOf, type Product, rowNumbers } from "./convolution_forward.ts";
import { channelTileFor, matrixProductBody, threadsOf } from "./matrix_product.ts";
import type { SplitSums } from "./split_sums.ts";

// Enough to fill a large GPU; more would only leave more sums.
const plentyOfWorkgroups = 256;
const fewestPixels = 64;

export function convolutionWeightGradient(memory: NetworkMemory, product: Product, splitSums: SplitSums): Dispatch {
  const { label, input, output, kernel, stride, weights, bias } = product;
  const pixels = rowsOf(output, memory.plan.batchSize);
  const [channels, filters] = [input.shape[2], output.shape[2]];
  const rows = kernel * kernel * channels + (bias ? 1 : 0);
  const tile = channelTileFor(rows, filters);
  const { depth } = tile;
  const rowTiles = Math.ceil(rows / tile.rows);
  const blocks = Math.ceil(filters / tile.columns);
  const wanted = Math.min(Math.ceil(plentyOfWorkgroups / (rowTiles * blocks)), Math.ceil(pixels / fewestPixels));
  const perSplit = depth * Math.ceil(pixels / wanted / depth);
  const splits = Math.ceil(pixels / perSplit);
  const place = splitSums.place({ offset: weights, size: rows * filters, splits });
  const threads = threadsOf(tile);
  const shader = new Shader(`${label} weight gradient`);
  readValue(shader, memory, "x", input);
  readOutputGradient(shader, memory, output);
  shader.write("result", place.memory);
  shader.sizes({
    pixels,
    channels,
    filters,
    rows,
    row_tiles: rowTiles,
    per_split: perSplit,
    result_at: place.offset,
    ...windowSizes(input, output, kernel, stride),
  });
  shader.code(
    `// Row and column within the window, and the channel; the window's rows are far outside where there is no such row.
var<workgroup> places: array<vec4<i32>, ${tile.rows}>;
fn x_at(place: vec4<i32>, image: u32, corner: vec2<i32>) -> f32 {
  let y = u32(corner.x + place.x);
  let x = u32(corner.y + place.y);
  if (y >= sizes.height || x >= sizes.width) { return 0.0; }
  let channel = u32(place.z);
  ${bias ? "if (channel == sizes.channels) { return 1.0; }" : ""}
  return load_x(((image * sizes.height + y) * sizes.width + x) * sizes.channels + channel, channel, image);
}
fn x4(row: u32, pixel: u32, end: u32) -> vec4<f32> {
  if (pixel >= end) { return vec4<f32>(0.0); }
  let image = pixel / (sizes.out_height * sizes.out_width);
  let within = pixel % (sizes.out_height * sizes.out_width);
  let corner = vec2<i32>(i32(within / sizes.out_width) * ${stride} - i32(sizes.pad_top),
    i32(within % sizes.out_width) * ${stride} - i32(sizes.pad_left));
  return ${fourOf((offset) => `x_at(places[row + ${offset}], image, corner)`)};
}
fn gradient_at(pixel: u32, column: u32) -> f32 {
  if (column >= sizes.filters) { return 0.0; }
  return load_gradient(pixel * sizes.filters + column, column);
}
fn gradient4(pixel: u32, column: u32, end: u32) -> vec4<f32> {
  if (pixel >= end) { return vec4<f32>(0.0); }
  return ${fourOf((offset) => `gradient_at(pixel, column + ${offset})`)};
}`,
  );
  const finish = rowNumbers(tile).map((number) => `
  if (row + ${number}u < sizes.rows) {
    for (var lane = 0u; lane < 4u; lane++) { if (column + lane < sizes.filters) {
      let index = (split * sizes.rows + row + ${number}u) * sizes.filters + column + lane;
      result[sizes.result_at + index] = sum_${number}[lane]; } }
  }`).join("");
  const body = `
  let first_row = (tile % sizes.row_tiles) * ${tile.rows}u;
  let split = tile / sizes.row_tiles;
  let first_column = block * ${tile.columns}u;
  let first_pixel = split * sizes.per_split;
  let end = min(first_pixel + sizes.per_split, sizes.pixels);` + matrixProductBody(shader, {
    tile,
    setUp: `
  for (var i = local; i < ${tile.rows}u; i += ${threads}u) {
    let row = first_row + i;
    let channel = row % sizes.channels;
    let tap = row / sizes.channels;
    places[i] = select(vec4<i32>(-1048576, 0, 0, 0),
      vec4<i32>(i32(tap / ${kernel}u), i32(tap % ${kernel}u), i32(channel), 0), row < sizes.rows);
    ${bias ? "if (row == sizes.channels) { places[i] = vec4<i32>(0, 0, i32(row), 0); }" : ""}
  }
  workgroupBarrier();`,
    pieces: `(end - first_pixel + ${depth - 1}u) / ${depth}u`,
    beginPiece: `let piece_pixel = first_pixel + piece * ${depth}u;`,
    left: { along: "positions", load: "x4(row, piece_pixel + term, end)" },
    right: { along: "positions", load: "gradient4(piece_pixel + term, first_column + row, end)" },
    finish,
  });
  return shader.dispatch({ tiles: rowTiles * splits, blocks, threads, body });
}
