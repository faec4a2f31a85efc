// Every op of the reference by name.
import type { ArchitectureNode, NodeOf, OpName } from "../../../../src/schemas/architecture.ts";
import { add } from "./add.ts";
import { averagePool } from "./average_pool.ts";
import { conv } from "./conv.ts";
import { dense } from "./dense.ts";
import { depthwiseConv } from "./depthwise_conv.ts";
import { dropout } from "./dropout.ts";
import { globalAveragePool } from "./global_average_pool.ts";
import { maxPool } from "./max_pool.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { squeezeExcite } from "./squeeze_excite.ts";
import { subsample } from "./subsample.ts";

const ops: { [Name in OpName]: ReferenceOp<NodeOf<Name>> } = {
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

/** The reference of `node`'s op. */
export function referenceOf(node: ArchitectureNode): ReferenceOp<ArchitectureNode> {
  return ops[node.op] as ReferenceOp<ArchitectureNode>;
}
