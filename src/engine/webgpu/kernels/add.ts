// The sum of a branch and its shortcut. In training, stochastic depth leaves out the branch of whole images.
import type { NodeOf } from "../../../schemas/architecture.ts";
import type { PlanNode } from "../../plan.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { gather, gatherGradient, type GradientTarget, type Tiled } from "./elementwise.ts";
import { declareKeepFactor } from "./random.ts";

type Node = PlanNode & { node: NodeOf<"add"> };

/** Declares `branch_factor(image) -> f32`. */
function declareBranchFactor(shader: Shader, memory: NetworkMemory, { node, index }: Node): void {
  const { dropRate = 0 } = node;
  if (dropRate === 0 || memory.plan.mode !== "training") {
    shader.code("fn branch_factor(image: u32) -> f32 { return 1.0; }");
    return;
  }
  declareKeepFactor(shader, memory, index, dropRate);
  shader.code("fn branch_factor(image: u32) -> f32 { return keep_factor(image); }");
}

export function addForward(memory: NetworkMemory, planNode: Node): Dispatch[] {
  const { inputs: [branch, shortcut], output } = planNode;
  const shader = new Shader("add forward");
  readValue(shader, memory, "branch", branch);
  readValue(shader, memory, "shortcut", shortcut);
  declareBranchFactor(shader, memory, planNode);
  shader.code(`fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let index = (image * sizes.pixels + pixel) * sizes.channels + channel;
  return load_branch(index, channel, image) * branch_factor(image) + load_shortcut(index, channel, image);
}`);
  const { batchSize } = memory.plan;
  return [gather(shader, { target: memory.of(output.raw), batchSize, value: output }).dispatch];
}

/** The gradient of input `place`: 0 is the branch, 1 the shortcut. */
export function addInputGradient(memory: NetworkMemory, planNode: Node, place: number, target: GradientTarget): Tiled {
  const shader = new Shader("add input gradient");
  shader.read("output_gradient", memory.gradientOf(planNode.output));
  if (place === 0) declareBranchFactor(shader, memory, planNode);
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  return output_gradient[(image * sizes.pixels + pixel) * sizes.channels + channel]${
    place === 0 ? " * branch_factor(image)" : ""
  };
}`);
  return gatherGradient(shader, memory, target);
}
