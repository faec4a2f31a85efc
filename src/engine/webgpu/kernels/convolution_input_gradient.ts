// The gradient of a convolution's or dense layer's input as one matrix product: rows are input pixels, terms the taps
// of the window times output channels, columns input channels.
import { rowsOf, windowSizes } from "../geometry.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declarePartials, declareRowSum, type RowLanes, sumsCode } from "../reductions.ts";
import { Shader } from "../shader.ts";
import { readOutputGradient, writeGradient } from "../value_access.ts";
import { fourOf, type Product, rowNumbers, tapPieces, termPieces, termPlace } from "./convolution_forward.ts";
import type { GradientTarget, Tiled } from "./elementwise.ts";
import { matrixProductBody, threadsOf, tileFor, tileScratch } from "./matrix_product.ts";

export function convolutionInputGradient(memory: NetworkMemory, product: Product, target: GradientTarget): Tiled {
  const { label, input, output, kernel, stride, weights } = product;
  const { mode, sums } = target;
  const rows = rowsOf(input, memory.plan.batchSize);
  const [channels, filters] = [input.shape[2], output.shape[2]];
  const tile = tileFor(rows, channels);
  const { depth } = tile;
  const tiles = Math.ceil(rows / tile.rows);
  const blocks = Math.ceil(channels / tile.columns);
  const threads = threadsOf(tile);
  const shader = new Shader(`${label} input gradient`);
  readOutputGradient(shader, memory, output);
  shader.read("weights", memory.weights);
  writeGradient(shader, memory, input, { mode, sums });
  shader.sizes({ rows, channels, inner: filters, weights, ...windowSizes(input, output, kernel, stride) });
  const wholeTaps = kernel === 1 || filters >= depth;
  const { tap, inner: filter } = termPlace(wholeTaps, depth);
  shader.code(
    `// Row and column of an input pixel from the padding's corner on, and the image; negative where there is no such row.
var<workgroup> places: array<vec4<i32>, ${tile.rows}>;
fn gradient_of(place: vec4<i32>, tap: u32, filter_: u32) -> f32 {
  let y = place.x - i32(tap / ${kernel}u);
  let x = place.y - i32(tap % ${kernel}u);
  if (y < 0 || x < 0${stride > 1 ? ` || y % ${stride} != 0 || x % ${stride} != 0` : ""}) { return 0.0; }
  let out_y = u32(y) / ${stride}u;
  let out_x = u32(x) / ${stride}u;
  if (out_y >= sizes.out_height || out_x >= sizes.out_width) { return 0.0; }
  let pixel = (u32(place.z) * sizes.out_height + out_y) * sizes.out_width + out_x;
  return load_gradient(pixel * sizes.inner + filter_, filter_);
}
fn gradient4(row: u32, tap: u32, filter_: u32) -> vec4<f32> {
  if (filter_ >= sizes.inner || tap >= ${kernel * kernel}u) { return vec4<f32>(0.0); }
  return ${fourOf((offset) => `gradient_of(places[row + ${offset}], tap, filter_)`)};
}
fn weight_at(tap: u32, channel: u32, filter_: u32) -> f32 {
  if (channel >= sizes.channels) { return 0.0; }
  return weights[sizes.weights + (tap * sizes.channels + channel) * sizes.inner + filter_];
}
fn weight4(tap: u32, filter_: u32, channel: u32) -> vec4<f32> {
  if (filter_ >= sizes.inner || tap >= ${kernel * kernel}u) { return vec4<f32>(0.0); }
  return ${fourOf((offset) => `weight_at(tap, channel + ${offset}, filter_)`)};
}`,
  );
  const store = rowNumbers(tile).map((number) => `
  if (row + ${number}u < sizes.rows) {
    for (var lane = 0u; lane < 4u; lane++) { if (column + lane < sizes.channels) {
      let index = (row + ${number}u) * sizes.channels + column + lane;
      let terms = store_gradient(index, column + lane, sum_${number}[lane]);
      ${sums ? "sum_gradient[lane] += terms.x; sum_product[lane] += terms.y;" : "_ = terms;"} } }
  }`).join("");
  let finish = store;
  if (sums) {
    const lanes: RowLanes = { type: "vec4<f32>", lanes: tile.columns / 4, threads };
    declareRowSum(shader, lanes, tileScratch);
    declarePartials(shader, { memory: memory.partialsOf(2 * tiles * channels), channels });
    finish = `
  var sum_gradient = vec4<f32>(0.0); var sum_product = vec4<f32>(0.0);
  ${store}
  ${sumsCode(lanes, "column")}`;
  }
  const body = `
  let first_row = tile * ${tile.rows}u;
  let first_column = block * ${tile.columns}u;` + matrixProductBody(shader, {
    tile,
    setUp: `
  for (var i = local; i < ${tile.rows}u; i += ${threads}u) {
    let row = first_row + i;
    let pixel = row % (sizes.height * sizes.width);
    let y = i32(pixel / sizes.width + sizes.pad_top);
    let x = i32(pixel % sizes.width + sizes.pad_left);
    places[i] = select(vec4<i32>(-1048576, 0, 0, 0),
      vec4<i32>(y, x, i32(row / (sizes.height * sizes.width)), 0), row < sizes.rows);
  }
  workgroupBarrier();`,
    ...(wholeTaps ? tapPieces(kernel, depth) : termPieces(kernel, depth)),
    left: { along: "terms", load: `gradient4(row, ${tap}, ${filter})` },
    right: { along: "terms", load: `weight4(${tap}, ${filter}, first_column + row)` },
    finish,
  });
  return { dispatch: shader.dispatch({ tiles, blocks, threads, body }), tiles, rowsPerTile: tile.rows };
}
