// Squeeze-and-excite: means of all channels, then the gates by one workgroup per image; the scaling itself is pending.
import type { NodeOf } from "../../../schemas/architecture.ts";
import type { PlanNode } from "../../plan.ts";
import { elementThreads } from "../geometry.ts";
import type { Memory } from "../memory.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declareRowSum } from "../reductions.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { channelSums } from "./channel_sums.ts";

export type SqueezeExciteNode = PlanNode & { node: NodeOf<"squeezeExcite"> };

/** `[batch, channels]` and `[batch, squeezeChannels]` that the gates' kernel keeps. */
export interface Kept {
  pooled: Memory;
  squeezed: Memory;
}

// Squeezed channels that a workgroup finds at a time.
export const squeezedLanes = 16;
const termLanes = elementThreads / squeezedLanes;

/** Sizes and places of the weights. */
export function weightSizes({ node, inputs: [input], parameters }: SqueezeExciteNode): Record<string, number> {
  const [squeezeKernel, squeezeBias, exciteKernel, exciteBias] = parameters;
  return {
    channels: input.shape[2],
    squeezed_channels: node.squeezeChannels,
    squeeze_kernel: squeezeKernel.offset,
    squeeze_bias: squeezeBias.offset,
    excite_kernel: exciteKernel.offset,
    excite_bias: exciteBias.offset,
  };
}

/** The gates `[batch, channels]`. */
export function gateOf(memory: NetworkMemory, { output }: SqueezeExciteNode): Memory {
  if (output.gate === undefined) throw new Error("the output of squeezeExcite has no gate");
  return memory.of(output.gate);
}

/** Code that runs `each` for every squeezed channel with `total`, the sum of `term` over the channels. */
export function overSqueezed(term: string, each: string): string {
  return `
  for (var squeezed_at = 0u; squeezed_at < sizes.squeezed_channels; squeezed_at += ${squeezedLanes}u) {
    let squeezed_channel = squeezed_at + local % ${squeezedLanes}u;
    var sum = 0.0;
    if (squeezed_channel < sizes.squeezed_channels) {
      for (var channel = local / ${squeezedLanes}u; channel < sizes.channels; channel += ${termLanes}u) {
        sum = sum + ${term};
      }
    }
    let total = row_sum(sum, local);
    if (local < ${squeezedLanes}u && squeezed_channel < sizes.squeezed_channels) { ${each} }
  }
  storageBarrier();
  workgroupBarrier();`;
}

export function squeezeExciteForward(
  memory: NetworkMemory,
  planNode: SqueezeExciteNode,
  { pooled, squeezed }: Kept,
): Dispatch[] {
  const { inputs: [input] } = planNode;
  const { batchSize } = memory.plan;
  const pooling = new Shader("squeezeExcite means");
  readValue(pooling, memory, "x", input);
  pooling.code("fn term_at(index: u32, channel: u32, image: u32) -> f32 { return load_x(index, channel, image); }");
  const factor = 1 / (input.shape[0] * input.shape[1]);
  const means = channelSums(pooling, { target: pooled, value: input, batchSize, factor });

  const shader = new Shader("squeezeExcite gates");
  shader.read("pooled", pooled);
  shader.read("weights", memory.weights);
  shader.write("squeezed", squeezed);
  shader.write("gates", gateOf(memory, planNode));
  shader.sizes(weightSizes(planNode));
  declareRowSum(shader, { type: "f32", lanes: squeezedLanes, threads: elementThreads });
  const weight = "weights[sizes.squeeze_kernel + channel * sizes.squeezed_channels + squeezed_channel]";
  const body = `${
    overSqueezed(
      `pooled[tile * sizes.channels + channel] * ${weight}`,
      `let z = total + weights[sizes.squeeze_bias + squeezed_channel];
      squeezed[tile * sizes.squeezed_channels + squeezed_channel] = select(z, 0.0, z < 0.0);`,
    )
  }
  for (var channel = local; channel < sizes.channels; channel += ${elementThreads}u) {
    var z = weights[sizes.excite_bias + channel];
    for (var squeezed_at = 0u; squeezed_at < sizes.squeezed_channels; squeezed_at++) {
      z = z + squeezed[tile * sizes.squeezed_channels + squeezed_at]
        * weights[sizes.excite_kernel + squeezed_at * sizes.channels + channel];
    }
    gates[tile * sizes.channels + channel] = 1.0 / (1.0 + exp(-z));
  }`;
  return [means, shader.dispatch({ tiles: batchSize, threads: elementThreads, body })];
}
