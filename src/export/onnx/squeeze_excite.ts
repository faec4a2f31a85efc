import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";
import type { GraphBuilder } from "./graph_builder.ts";

/** A dense layer on `[batch, inputs, 1, 1]` as a 1x1 convolution, so that no reshape is needed; `kernel` `[inputs, outputs]`. */
function pointwise(graph: GraphBuilder, value: string, kernel: Float32Array, bias: Float32Array): string {
  const outputs = bias.length;
  const inputs = kernel.length / outputs;
  const transposed = Float32Array.from(
    kernel,
    (_, index) => kernel[(index % inputs) * outputs + Math.floor(index / inputs)],
  );
  const operands = [
    value,
    graph.floats("kernel", [outputs, inputs, 1, 1], transposed),
    graph.floats("bias", [outputs], bias),
  ];
  return graph.node("Conv", operands, { kernel_shape: [1, 1] });
}

/** The gate of src/ops/squeeze_excite.ts. */
export const squeezeExcite: Emitter<NodeOf<"squeezeExcite">> = (graph, { inputs: [input], weights }) => {
  const pooled = graph.node("GlobalAveragePool", [input]);
  const squeezed = graph.node("Relu", [pointwise(graph, pooled, weights.squeezeKernel, weights.squeezeBias)]);
  const gate = graph.node("Sigmoid", [pointwise(graph, squeezed, weights.exciteKernel, weights.exciteBias)]);
  return graph.node("Mul", [input, gate]);
};
