// How every op is written as layers. A missing row does not compile.
import type { ArchitectureNode, NodeOf, OpName } from "../../schemas/architecture.ts";
import { add } from "./add.ts";
import { conv, depthwiseConv } from "./convolution.ts";
import { dense } from "./dense.ts";
import type { Emitter } from "./emitter.ts";
import { averagePool, globalAveragePool, maxPool } from "./pooling.ts";
import { squeezeExcite } from "./squeeze_excite.ts";
import { subsample } from "./subsample.ts";

const emitters = {
  conv,
  depthwiseConv,
  squeezeExcite,
  add,
  averagePool,
  maxPool,
  subsample,
  // Evaluation drops nothing.
  dropout: (_list, { inputs: [input] }) => input,
  globalAveragePool,
  dense,
} satisfies { [Name in OpName]: Emitter<NodeOf<Name>> };

/** What writes `node`. */
export function emitterOf(node: ArchitectureNode): Emitter {
  return emitters[node.op] as Emitter;
}
