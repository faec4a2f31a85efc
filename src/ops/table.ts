// Every op by name. A missing row does not compile.
import type { ArchitectureNode, NodeOf, OpName } from "../schemas/architecture.ts";
import { add } from "./add.ts";
import { averagePool } from "./average_pool.ts";
import { conv } from "./conv.ts";
import { dense } from "./dense.ts";
import { depthwiseConv } from "./depthwise_conv.ts";
import { dropout } from "./dropout.ts";
import { globalAveragePool } from "./global_average_pool.ts";
import { maxPool } from "./max_pool.ts";
import type { Op } from "./op.ts";
import { squeezeExcite } from "./squeeze_excite.ts";
import { subsample } from "./subsample.ts";

const ops: { [Name in OpName]: Op<NodeOf<Name>> } = {
  conv,
  depthwiseConv,
  squeezeExcite,
  add,
  averagePool,
  maxPool,
  subsample,
  dropout,
  globalAveragePool,
  dense,
};

/** The op of `node`. */
export function opOf(node: ArchitectureNode): Op {
  return ops[node.op] as unknown as Op;
}
