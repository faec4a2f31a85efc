import type { NodeOf } from "../../schemas/architecture.ts";
import { foldedNorm } from "../folded.ts";
import { emitActivation } from "./activation.ts";
import type { EmitterInput } from "../emitter.ts";
import type { Emitter } from "./emitter.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { windowAttributes } from "./same_padding.ts";

/** `kernel` `[taps, inputs, outputs]` as `[outputs, inputs, taps]`, each output times its `scale`. */
function transposed(kernel: Float32Array, inputs: number, scale: Float64Array): Float32Array {
  const outputs = scale.length;
  const taps = kernel.length / (inputs * outputs);
  const result = new Float32Array(kernel.length);
  for (let output = 0, place = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < taps; tap++) {
        result[place++] = kernel[(tap * inputs + input) * outputs + output] * scale[output];
      }
    }
  }
  return result;
}

function emit(
  graph: GraphBuilder,
  { node, inputs, inputShapes, weights }: EmitterInput<NodeOf<"conv"> | NodeOf<"depthwiseConv">>,
  { inputsPerGroup, group }: { inputsPerGroup: number; group: number },
): string {
  const [height, width] = inputShapes[0];
  const { scale, bias } = foldedNorm(weights);
  const shape = [scale.length, inputsPerGroup, node.kernel, node.kernel];
  const kernel = graph.floats("kernel", shape, transposed(weights.kernel, inputsPerGroup, scale));
  const operands = [...inputs, kernel, graph.floats("bias", [bias.length], bias)];
  const linear = graph.node("Conv", operands, { ...windowAttributes(node, height, width), group });
  return emitActivation(graph, linear, node.activation);
}

/** A convolution with its batch norm folded in. */
export const conv: Emitter<NodeOf<"conv">> = (graph, input) =>
  emit(graph, input, { inputsPerGroup: input.inputShapes[0][2], group: 1 });

/** One kernel per channel, `[taps, channels, 1]` in src/ops, its batch norm folded in. */
export const depthwiseConv: Emitter<NodeOf<"depthwiseConv">> = (graph, input) =>
  emit(graph, input, { inputsPerGroup: 1, group: input.inputShapes[0][2] });
