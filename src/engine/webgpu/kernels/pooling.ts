// Average and maximum over windows with TensorFlow's "same" padding, and the mean over all pixels.
import type { NodeOf } from "../../../schemas/architecture.ts";
import type { PlanNode } from "../../plan.ts";
import { windowSizes } from "../geometry.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { channelSums } from "./channel_sums.ts";
import { gather, gatherGradient, type GradientTarget, type Tiled } from "./elementwise.ts";

type WindowNode = PlanNode & { node: NodeOf<"averagePool"> | NodeOf<"maxPool"> };

/** Declares the bounds of the window of output pixel `y`, `x` within the image: `first` up to, but not with, `end`. */
function declareBounds(shader: Shader, { node: { kernel, stride }, inputs: [input], output }: WindowNode): void {
  shader.sizes(windowSizes(input, output, kernel, stride));
  shader.code(`struct Bounds { first_y: u32, end_y: u32, first_x: u32, end_x: u32 }
fn bounds_of(y: u32, x: u32) -> Bounds {
  let top = i32(y * ${stride}u) - i32(sizes.pad_top);
  let left = i32(x * ${stride}u) - i32(sizes.pad_left);
  return Bounds(u32(max(top, 0)), min(u32(top + ${kernel}), sizes.height),
    u32(max(left, 0)), min(u32(left + ${kernel}), sizes.width));
}`);
}

// A NaN takes over and stays; told by its bits, since compilers may take comparisons to be of numbers.
const takesOver = `fn takes_over(value: f32, most: f32) -> bool {
  return value > most || (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}`;

const forEachPixel = (body: string) => `
  for (var in_y = bounds.first_y; in_y < bounds.end_y; in_y++) {
    for (var in_x = bounds.first_x; in_x < bounds.end_x; in_x++) {
      let place = (image * sizes.height + in_y) * sizes.width + in_x;
      let value = load_x(place * sizes.channels + channel, channel, image);
      ${body}
    }
  }`;

export function poolForward(memory: NetworkMemory, planNode: WindowNode): Dispatch[] {
  const { node, inputs: [input], output } = planNode;
  const shader = new Shader(`${node.op} forward`);
  readValue(shader, memory, "x", input);
  declareBounds(shader, planNode);
  if (node.op === "maxPool") shader.code(takesOver);
  const result = node.op === "averagePool"
    ? `var sum = 0.0; ${forEachPixel("sum = sum + value;")}
  return sum / f32((bounds.end_y - bounds.first_y) * (bounds.end_x - bounds.first_x));`
    : `var most = -0x1.fffffep+127f; ${forEachPixel("if (takes_over(value, most)) { most = value; }")}
  return most;`;
  shader.code(`fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let bounds = bounds_of(pixel / sizes.out_width, pixel % sizes.out_width);
  ${result}
}`);
  const { batchSize } = memory.plan;
  return [gather(shader, { target: memory.of(output.raw), batchSize, value: output }).dispatch];
}

/** Each input pixel looks at all windows that it lies in. */
export function poolInputGradient(memory: NetworkMemory, planNode: WindowNode, target: GradientTarget): Tiled {
  const { node: { op, kernel, stride }, inputs: [input], output } = planNode;
  const shader = new Shader(`${op} input gradient`);
  shader.read("output_gradient", memory.gradientOf(output));
  declareBounds(shader, planNode);
  if (op === "maxPool") {
    readValue(shader, memory, "x", input);
    shader.code(takesOver);
  }
  const share = op === "averagePool"
    ? "sum = sum + gradient / f32((bounds.end_y - bounds.first_y) * (bounds.end_x - bounds.first_x));"
    // The first maximum in the window's order takes all.
    : `var most = -0x1.fffffep+127f; var winner = 0u;
      ${forEachPixel("if (takes_over(value, most)) { most = value; winner = in_y * sizes.width + in_x; }")}
      if (winner == pixel) { sum = sum + gradient; }`;
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let y = pixel / sizes.width + sizes.pad_top;
  let x = pixel % sizes.width + sizes.pad_left;
  let first_y = select(0u, (y - ${kernel - 1}u + ${stride - 1}u) / ${stride}u, y >= ${kernel - 1}u);
  let first_x = select(0u, (x - ${kernel - 1}u + ${stride - 1}u) / ${stride}u, x >= ${kernel - 1}u);
  var sum = 0.0;
  for (var out_y = first_y; out_y <= min(y / ${stride}u, sizes.out_height - 1u); out_y++) {
    for (var out_x = first_x; out_x <= min(x / ${stride}u, sizes.out_width - 1u); out_x++) {
      let bounds = bounds_of(out_y, out_x);
      let out_pixel = (image * sizes.out_height + out_y) * sizes.out_width + out_x;
      let gradient = output_gradient[out_pixel * sizes.channels + channel];
      ${share}
    }
  }
  return sum;
}`);
  return gatherGradient(shader, memory, target);
}

export function globalAveragePoolForward(memory: NetworkMemory, { inputs: [input], output }: PlanNode): Dispatch[] {
  const shader = new Shader("globalAveragePool forward");
  readValue(shader, memory, "x", input);
  shader.code("fn term_at(index: u32, channel: u32, image: u32) -> f32 { return load_x(index, channel, image); }");
  const factor = 1 / (input.shape[0] * input.shape[1]);
  const { batchSize } = memory.plan;
  return [channelSums(shader, { target: memory.of(output.raw), value: input, batchSize, factor })];
}

export function globalAveragePoolInputGradient(memory: NetworkMemory, node: PlanNode, target: GradientTarget): Tiled {
  const shader = new Shader("globalAveragePool input gradient");
  shader.read("output_gradient", memory.gradientOf(node.output));
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  return output_gradient[image * sizes.channels + channel] / f32(sizes.pixels);
}`);
  return gatherGradient(shader, memory, target);
}
