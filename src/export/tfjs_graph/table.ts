// How every op is written as nodes of a graph. A missing row does not compile.
import type { Activation, ArchitectureNode, NodeOf, OpName } from "../../schemas/architecture.ts";
import { conv, depthwiseConv } from "./convolution.ts";
import type { Emitter } from "./emitter.ts";
import { texts, whole } from "./graph_def.ts";
import { globalAveragePool, windowPool } from "./pooling.ts";
import { squeezeExcite } from "./squeeze_excite.ts";
import { subsample } from "./subsample.ts";

const activations: Readonly<Record<Exclude<Activation, "none">, string>> = { relu: "Relu", relu6: "Relu6" };

const emitters = {
  conv,
  depthwiseConv,
  squeezeExcite,
  add: (graph, { node: { activation = "none" }, inputs }) => {
    const sum = graph.node("AddV2", inputs);
    return activation === "none" ? sum : graph.node(activations[activation], [sum]);
  },
  averagePool: windowPool("AvgPool"),
  maxPool: windowPool("MaxPool"),
  subsample,
  // Evaluation drops nothing.
  dropout: (_graph, { inputs: [input] }) => input,
  globalAveragePool,
  dense: (graph, { node: { units }, inputs, weights: { kernel, bias } }) =>
    graph.node("_FusedMatMul", [
      ...inputs,
      graph.floats("kernel", [kernel.length / units, units], kernel),
      graph.floats("bias", [units], bias),
    ], { fused_ops: texts(["BiasAdd"]), num_args: whole(1), transpose_a: { b: false }, transpose_b: { b: false } }),
} satisfies { [Name in OpName]: Emitter<NodeOf<Name>> };

/** What writes `node`. */
export function emitterOf(node: ArchitectureNode): Emitter {
  return emitters[node.op] as Emitter;
}
