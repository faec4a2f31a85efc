import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { withoutActivation } from "./linear.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { map, type Tensor } from "./tensor.ts";

export const dropout: ReferenceOp<NodeOf<"dropout">> = ({ rate }, [x], { training, kept }) => {
  const drop = (tensor: Tensor) => map(tensor, (value, index) => (kept(index) ? value / (1 - rate) : 0));
  return training && rate > 0
    ? withoutActivation(drop(x), (gradient) => ({ inputs: [drop(gradient)], parameters: [] }))
    : withoutActivation(x, (gradient) => ({ inputs: [gradient], parameters: [] }));
};
