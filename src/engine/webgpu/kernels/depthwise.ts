// Depthwise convolution: each thread gives a few pixels of one channel, with the window's taps unrolled.
import type { NodeOf } from "../../../schemas/architecture.ts";
import type { PlanNode } from "../../plan.ts";
import { elementThreads, elementTiles, rowsOf, windowSizes } from "../geometry.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declareRowSum } from "../reductions.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readOutputGradient, readValue } from "../value_access.ts";
import { gather, gatherGradient, type GradientTarget, type Tiled } from "./elementwise.ts";
import type { SplitSums } from "./split_sums.ts";

type Node = PlanNode & { node: NodeOf<"depthwiseConv"> };

function tapsOf(kernel: number): { y: number; x: number; tap: number }[] {
  return Array.from({ length: kernel * kernel }, (_, tap) => ({ tap, y: Math.floor(tap / kernel), x: tap % kernel }));
}

/** Declares `window_x(image, y, x, channel) -> f32`, zero outside the image. */
function declareWindow(shader: Shader): void {
  shader.code(`fn window_x(image: u32, y: i32, x: i32, channel: u32) -> f32 {
  if (u32(y) >= sizes.height || u32(x) >= sizes.width) { return 0.0; }
  return load_x(((image * sizes.height + u32(y)) * sizes.width + u32(x)) * sizes.channels + channel, channel, image);
}`);
}

export function depthwiseForward(memory: NetworkMemory, planNode: Node, withStatistics: boolean): Tiled {
  const { node: { kernel, stride }, inputs: [input], output, parameters: [weights] } = planNode;
  const shader = new Shader("depthwiseConv forward");
  readValue(shader, memory, "x", input);
  shader.read("weights", memory.weights);
  shader.sizes({ weights: weights.offset, ...windowSizes(input, output, kernel, stride) });
  declareWindow(shader);
  shader.code(`fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let y = i32(pixel / sizes.out_width) * ${stride} - i32(sizes.pad_top);
  let x = i32(pixel % sizes.out_width) * ${stride} - i32(sizes.pad_left);
  let at = sizes.weights + channel;
  var sum = 0.0;
  ${
    tapsOf(kernel).map(({ tap, y, x }) =>
      `sum = sum + weights[at + ${tap}u * sizes.channels] * window_x(image, y + ${y}, x + ${x}, channel);`
    ).join("\n  ")
  }
  return sum;
}`);
  const partials = withStatistics ? (floats: number) => memory.partialsOf(floats) : undefined;
  return gather(shader, { target: memory.of(output.raw), batchSize: memory.plan.batchSize, value: output, partials });
}

export function depthwiseInputGradient(memory: NetworkMemory, planNode: Node, target: GradientTarget): Tiled {
  const { node: { kernel, stride }, inputs: [input], output, parameters: [weights] } = planNode;
  const shader = new Shader("depthwiseConv input gradient");
  readOutputGradient(shader, memory, output);
  shader.read("weights", memory.weights);
  shader.sizes({ weights: weights.offset, ...windowSizes(input, output, kernel, stride) });
  shader.code(`fn window_gradient(image: u32, y: i32, x: i32, channel: u32) -> f32 {
  if (y < 0 || x < 0${stride > 1 ? ` || y % ${stride} != 0 || x % ${stride} != 0` : ""}) { return 0.0; }
  let out_y = u32(y) / ${stride}u;
  let out_x = u32(x) / ${stride}u;
  if (out_y >= sizes.out_height || out_x >= sizes.out_width) { return 0.0; }
  let pixel = (image * sizes.out_height + out_y) * sizes.out_width + out_x;
  return load_gradient(pixel * sizes.channels + channel, channel);
}
fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let y = i32(pixel / sizes.width + sizes.pad_top);
  let x = i32(pixel % sizes.width + sizes.pad_left);
  let at = sizes.weights + channel;
  var sum = 0.0;
  ${
    tapsOf(kernel).map(({ tap, y, x }) =>
      `sum = sum + weights[at + ${tap}u * sizes.channels] * window_gradient(image, y - ${y}, x - ${x}, channel);`
    ).join("\n  ")
  }
  return sum;
}`);
  return gatherGradient(shader, memory, target);
}

// As many sums as a thread can keep in registers; a larger window goes row by row.
const mostTaps = 25;
const mostSplits = 128;

export function depthwiseWeightGradient(memory: NetworkMemory, planNode: Node, splitSums: SplitSums): Dispatch {
  const { node: { kernel, stride }, inputs: [input], output, parameters: [weights] } = planNode;
  const rows = rowsOf(output, memory.plan.batchSize);
  const channels = output.shape[2];
  const { lanes, rowLanes, blocks } = elementTiles(rows, channels);
  const rowsPerThread = Math.ceil(rows / (rowLanes * Math.min(mostSplits, Math.ceil(rows / (4 * rowLanes)))));
  const tiles = Math.ceil(rows / (rowLanes * rowsPerThread));
  const taps = kernel * kernel;
  const perGroup = taps <= mostTaps ? taps : kernel;
  const groups = taps / perGroup;
  const place = splitSums.place({ offset: weights.offset, size: taps * channels, splits: tiles });
  const shader = new Shader("depthwiseConv weight gradient");
  readValue(shader, memory, "x", input);
  readOutputGradient(shader, memory, output);
  shader.write("result", place.memory);
  shader.sizes({ rows, channels, pixels: output.shape[0] * output.shape[1], rows_per_thread: rowsPerThread });
  shader.sizes({ result_at: place.offset, groups, ...windowSizes(input, output, kernel, stride) });
  declareWindow(shader);
  declareRowSum(shader, { type: "vec4<f32>", lanes, threads: elementThreads });
  const vectors = Array.from({ length: Math.ceil(perGroup / 4) }, (_, index) => index);
  const add = tapsOf(kernel).slice(0, perGroup).map(({ tap, y, x }) =>
    `sum_${tap >> 2}.${"xyzw"[tap & 3]} += gradient * window_x(image, y + ${y}, x + ${x}, channel);`
  ).join("\n      ");
  const body = `
  let group_ = block % sizes.groups;
  let channel = (block / sizes.groups) * ${lanes}u + local % ${lanes}u;
  let first = tile * ${rowLanes}u * sizes.rows_per_thread + local / ${lanes}u;
  ${vectors.map((index) => `var sum_${index} = vec4<f32>(0.0);`).join(" ")}
  if (channel < sizes.channels) {
    for (var i = 0u; i < sizes.rows_per_thread; i++) {
      let row = first + i * ${rowLanes}u;
      if (row >= sizes.rows) { break; }
      let image = row / sizes.pixels;
      let pixel = row % sizes.pixels;
      let gradient = load_gradient(row * sizes.channels + channel, channel);
      let y = i32(pixel / sizes.out_width) * ${stride} - i32(sizes.pad_top) + i32(group_);
      let x = i32(pixel % sizes.out_width) * ${stride} - i32(sizes.pad_left);
      ${add}
    }
  }
  let at = sizes.result_at + (tile * ${taps}u + group_ * ${perGroup}u) * sizes.channels + channel;
  ${
    vectors.map((index) => `
  let total_${index} = row_sum(sum_${index}, local);
  if (local < ${lanes}u && channel < sizes.channels) {
    for (var tap = 0u; tap < ${Math.min(4, perGroup - 4 * index)}u; tap++) {
      result[at + (${4 * index}u + tap) * sizes.channels] = total_${index}[tap]; }
  }`).join("")
  }`;
  return shader.dispatch({ tiles, blocks: blocks * groups, threads: elementThreads, body });
}
