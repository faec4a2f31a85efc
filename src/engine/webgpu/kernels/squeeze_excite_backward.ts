// The backward pass of squeeze-and-excite: sums over the pixels give the gradient of the gates, one workgroup per image
// takes it back to the means, and the input's gradient joins both ways.
import { elementThreads } from "../geometry.ts";
import type { Memory } from "../memory.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { declareRowSum } from "../reductions.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { channelSums } from "./channel_sums.ts";
import { gatherGradient, type GradientTarget, type Tiled } from "./elementwise.ts";
import {
  gateOf,
  type Kept,
  overSqueezed,
  squeezedLanes,
  type SqueezeExciteNode,
  weightSizes,
} from "./squeeze_excite.ts";

/** What lies between the dispatches of the backward pass. */
interface Between {
  /** `[batch, channels]`: gradient of the gates, then of what their sigmoid reads. */
  gateSums: Memory;
  gate: Memory;
  /** `[batch, squeezeChannels]` */
  squeezed: Memory;
  /** `[batch, channels]`, divided by the pixels. */
  pooled: Memory;
}

function chain(memory: NetworkMemory, planNode: SqueezeExciteNode, kept: Kept, between: Between): Dispatch {
  const { inputs: [input] } = planNode;
  const shader = new Shader("squeezeExcite gates gradient");
  shader.read("gate_sums", between.gateSums);
  shader.read("gates", gateOf(memory, planNode));
  shader.read("squeezed", kept.squeezed);
  shader.read("weights", memory.weights);
  shader.write("gate_gradient", between.gate);
  shader.write("squeezed_gradient", between.squeezed);
  shader.write("pooled_gradient", between.pooled);
  shader.sizes(weightSizes(planNode));
  shader.size("share", 1 / (input.shape[0] * input.shape[1]), "f32");
  declareRowSum(shader, { type: "f32", lanes: squeezedLanes, threads: elementThreads });
  const weight = "weights[sizes.excite_kernel + squeezed_channel * sizes.channels + channel]";
  const body = `
  for (var channel = local; channel < sizes.channels; channel += ${elementThreads}u) {
    let at = tile * sizes.channels + channel;
    gate_gradient[at] = gate_sums[at] * gates[at] * (1.0 - gates[at]);
  }
  storageBarrier();
  workgroupBarrier();
  ${
    overSqueezed(
      `gate_gradient[tile * sizes.channels + channel] * ${weight}`,
      `let at = tile * sizes.squeezed_channels + squeezed_channel;
      squeezed_gradient[at] = select(0.0, total, squeezed[at] > 0.0);`,
    )
  }
  for (var channel = local; channel < sizes.channels; channel += ${elementThreads}u) {
    var sum = 0.0;
    for (var squeezed_at = 0u; squeezed_at < sizes.squeezed_channels; squeezed_at++) {
      sum = sum + squeezed_gradient[tile * sizes.squeezed_channels + squeezed_at]
        * weights[sizes.squeeze_kernel + channel * sizes.squeezed_channels + squeezed_at];
    }
    pooled_gradient[tile * sizes.channels + channel] = sum * sizes.share;
  }`;
  return shader.dispatch({ tiles: memory.plan.batchSize, threads: elementThreads, body });
}

// One thread per weight; they lie in the order of squeeze kernel, squeeze bias, excite kernel, excite bias.
function weightGradient(memory: NetworkMemory, planNode: SqueezeExciteNode, kept: Kept, between: Between): Dispatch {
  const { node: { squeezeChannels }, inputs: [input] } = planNode;
  const channels = input.shape[2];
  const shader = new Shader("squeezeExcite weight gradient");
  shader.read("pooled", kept.pooled);
  shader.read("squeezed", kept.squeezed);
  shader.read("gate_gradient", between.gate);
  shader.read("squeezed_gradient", between.squeezed);
  shader.write("gradient", memory.gradient);
  const count = 2 * channels * squeezeChannels + channels + squeezeChannels;
  shader.sizes({ ...weightSizes(planNode), batch: memory.plan.batchSize, count });
  const body = `
  let index = tile * 64u + local;
  if (index >= sizes.count) { return; }
  let channels = sizes.channels;
  let squeezed_channels = sizes.squeezed_channels;
  let place = index + sizes.squeeze_kernel;
  var sum = 0.0;
  for (var image = 0u; image < sizes.batch; image++) {
    if (place < sizes.squeeze_bias) {
      sum = sum + pooled[image * channels + index / squeezed_channels]
        * squeezed_gradient[image * squeezed_channels + index % squeezed_channels];
    } else if (place < sizes.excite_kernel) {
      sum = sum + squeezed_gradient[image * squeezed_channels + place - sizes.squeeze_bias];
    } else if (place < sizes.excite_bias) {
      let within = place - sizes.excite_kernel;
      sum = sum + squeezed[image * squeezed_channels + within / channels]
        * gate_gradient[image * channels + within % channels];
    } else {
      sum = sum + gate_gradient[image * channels + place - sizes.excite_bias];
    }
  }
  gradient[place] = sum;`;
  return shader.dispatch({ tiles: Math.ceil(count / 64), threads: 64, body });
}

/** `target`: absent where the gradient of the input is not wanted. */
export function squeezeExciteBackward(
  memory: NetworkMemory,
  planNode: SqueezeExciteNode,
  kept: Kept,
  target: GradientTarget | undefined,
): { before: Dispatch[]; input?: Tiled } {
  const { node: { squeezeChannels }, inputs: [input], output, index, trainable } = planNode;
  const { batchSize } = memory.plan;
  const channels = input.shape[2];
  const between: Between = {
    gateSums: memory.add(`${index} gate sums`, batchSize * channels),
    gate: memory.add(`${index} gate gradient`, batchSize * channels),
    squeezed: memory.add(`${index} squeezed gradient`, batchSize * squeezeChannels),
    pooled: memory.add(`${index} pooled gradient`, batchSize * channels),
  };
  const pooling = new Shader("squeezeExcite gate sums");
  readValue(pooling, memory, "x", input);
  pooling.read("output_gradient", memory.gradientOf(output));
  pooling.code(`fn term_at(index: u32, channel: u32, image: u32) -> f32 {
  return output_gradient[index] * load_x(index, channel, image);
}`);
  const before = [
    channelSums(pooling, { target: between.gateSums, value: input, batchSize, factor: 1 }),
    chain(memory, planNode, kept, between),
  ];
  if (trainable) before.push(weightGradient(memory, planNode, kept, between));
  if (!target) return { before };
  const shader = new Shader("squeezeExcite input gradient");
  shader.read("output_gradient", memory.gradientOf(output));
  shader.read("gates", gateOf(memory, planNode));
  shader.read("pooled_gradient", between.pooled);
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  let at = image * sizes.channels + channel;
  return output_gradient[(image * sizes.pixels + pixel) * sizes.channels + channel] * gates[at] + pooled_gradient[at];
}`);
  return { before, input: gatherGradient(shader, memory, target) };
}
