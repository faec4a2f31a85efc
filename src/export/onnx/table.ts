// How every op is written as ONNX. A missing row does not compile.
import type { ArchitectureNode, NodeOf, OpName } from "../../schemas/architecture.ts";
import { emitActivation } from "./activation.ts";
import { conv, depthwiseConv } from "./convolution.ts";
import type { Emitter } from "./emitter.ts";
import { averagePool, globalAveragePool, maxPool } from "./pooling.ts";
import { squeezeExcite } from "./squeeze_excite.ts";
import { subsample } from "./subsample.ts";

const emitters = {
  conv,
  depthwiseConv,
  squeezeExcite,
  add: (graph, { node, inputs }) => emitActivation(graph, graph.node("Add", inputs), node.activation ?? "none"),
  averagePool,
  maxPool,
  subsample,
  // Evaluation drops nothing.
  dropout: (_graph, { inputs: [input] }) => input,
  globalAveragePool,
  dense: (graph, { node, inputs, weights: { kernel, bias } }) =>
    graph.node("Gemm", [
      ...inputs,
      graph.floats("kernel", [kernel.length / node.units, node.units], kernel),
      graph.floats("bias", [node.units], bias),
    ]),
} satisfies { [Name in OpName]: Emitter<NodeOf<Name>> };

/** What writes `node`. */
export function emitterOf(node: ArchitectureNode): Emitter {
  return emitters[node.op] as Emitter;
}
