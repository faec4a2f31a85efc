// Dropout: elements are left out at a rate in training, and the rest scaled up (Srivastava et al. 2014).
import type { NodeOf } from "../../../schemas/architecture.ts";
import type { PlanNode } from "../../plan.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { gather, gatherGradient, type GradientTarget, type Tiled } from "./elementwise.ts";
import { declareKeepFactor } from "./random.ts";

type Node = PlanNode & { node: NodeOf<"dropout"> };

function declareFactor(shader: Shader, memory: NetworkMemory, { node: { rate }, index }: Node): void {
  if (rate > 0 && memory.plan.mode === "training") declareKeepFactor(shader, memory, index, rate);
  else shader.code("fn keep_factor(index: u32) -> f32 { return 1.0; }");
}

export function dropoutForward(memory: NetworkMemory, planNode: Node): Dispatch[] {
  const { inputs: [input], output } = planNode;
  const shader = new Shader("dropout forward");
  readValue(shader, memory, "x", input);
  declareFactor(shader, memory, planNode);
  shader.code(`fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let index = (image * sizes.pixels + pixel) * sizes.channels + channel;
  return load_x(index, channel, image) * keep_factor(index);
}`);
  const { batchSize } = memory.plan;
  return [gather(shader, { target: memory.of(output.raw), batchSize, value: output }).dispatch];
}

export function dropoutInputGradient(memory: NetworkMemory, planNode: Node, target: GradientTarget): Tiled {
  const shader = new Shader("dropout input gradient");
  shader.read("output_gradient", memory.gradientOf(planNode.output));
  declareFactor(shader, memory, planNode);
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let index = (image * sizes.pixels + pixel) * sizes.channels + channel;
  return output_gradient[index] * keep_factor(index);
}`);
  return gatherGradient(shader, memory, target);
}
