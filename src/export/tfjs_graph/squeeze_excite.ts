import type { NodeOf } from "../../schemas/architecture.ts";
import type { Emitter } from "./emitter.ts";
import type { GraphBuilder } from "./graph_def.ts";

/** A linear layer of two kernels; `kernel` `[inputs, outputs]`. */
function linear(graph: GraphBuilder, value: string, kernel: Float32Array, bias: Float32Array): string {
  const shape = [kernel.length / bias.length, bias.length];
  const product = graph.node("MatMul", [value, graph.floats("kernel", shape, kernel)]);
  return graph.node("AddV2", [product, graph.floats("bias", [bias.length], bias)]);
}

/** The gate of src/ops/squeeze_excite.ts. */
export const squeezeExcite: Emitter<NodeOf<"squeezeExcite">> = (graph, { inputs: [input], inputShapes, weights }) => {
  const [, , channels] = inputShapes[0];
  const pooled = graph.node("Mean", [input, graph.integers("axes", [1, 2])], { keep_dims: { b: false } });
  const squeezed = graph.node("Relu", [linear(graph, pooled, weights.squeezeKernel, weights.squeezeBias)]);
  const gate = graph.node("Sigmoid", [linear(graph, squeezed, weights.exciteKernel, weights.exciteBias)]);
  const spread = graph.node("Reshape", [gate, graph.integers("shape", [-1, 1, 1, channels])]);
  return graph.node("Mul", [input, spread]);
};
