// The shortcut without parameters of CIFAR residual networks (He et al. 2016, option A): every stride-th pixel, zero
// channels on both sides.
import type { NodeOf } from "../../../schemas/architecture.ts";
import type { PlanNode } from "../../plan.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { gather, gatherGradient, type GradientTarget, type Tiled } from "./elementwise.ts";

type Node = PlanNode & { node: NodeOf<"subsample"> };

function declareSizes(shader: Shader, { inputs: [input], output }: Node): void {
  shader.sizes({
    width: input.shape[1],
    in_pixels: input.shape[0] * input.shape[1],
    in_channels: input.shape[2],
    out_width: output.shape[1],
    out_pixels: output.shape[0] * output.shape[1],
    out_channels: output.shape[2],
    before: (output.shape[2] - input.shape[2]) >> 1,
  });
}

export function subsampleForward(memory: NetworkMemory, planNode: Node): Dispatch[] {
  const { node: { stride }, inputs: [input], output } = planNode;
  const shader = new Shader("subsample forward");
  readValue(shader, memory, "x", input);
  declareSizes(shader, planNode);
  shader.code(`fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let source = channel - sizes.before;
  if (channel < sizes.before || source >= sizes.in_channels) { return 0.0; }
  let in_pixel = (pixel / sizes.out_width * sizes.width + pixel % sizes.out_width) * ${stride}u;
  return load_x((image * sizes.in_pixels + in_pixel) * sizes.in_channels + source, source, image);
}`);
  const { batchSize } = memory.plan;
  return [gather(shader, { target: memory.of(output.raw), batchSize, value: output }).dispatch];
}

export function subsampleInputGradient(memory: NetworkMemory, planNode: Node, target: GradientTarget): Tiled {
  const { node: { stride }, output } = planNode;
  const shader = new Shader("subsample input gradient");
  shader.read("output_gradient", memory.gradientOf(output));
  declareSizes(shader, planNode);
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let y = pixel / sizes.width;
  let x = pixel % sizes.width;
  if (y % ${stride}u != 0u || x % ${stride}u != 0u) { return 0.0; }
  let out_pixel = y / ${stride}u * sizes.out_width + x / ${stride}u;
  return output_gradient[(image * sizes.out_pixels + out_pixel) * sizes.out_channels + channel + sizes.before];
}`);
  return gatherGradient(shader, memory, target);
}
