import type { NodeOf } from "../../schemas/architecture.ts";
import { emitDense } from "./dense.ts";
import type { Emitter } from "./emitter.ts";

/** The gate of src/ops/squeeze_excite.ts. */
export const squeezeExcite: Emitter<NodeOf<"squeezeExcite">> = (list, { inputs: [input], inputShapes, weights }) => {
  const [, , channels] = inputShapes[0];
  const pooled = list.layer("GlobalAveragePooling2D", [input], { data_format: "channels_last" }, "mean");
  const squeezed = emitDense(list, pooled, {
    kernel: weights.squeezeKernel,
    bias: weights.squeezeBias,
    activation: "relu",
    suffix: "squeeze",
  });
  const gate = emitDense(list, squeezed, {
    kernel: weights.exciteKernel,
    bias: weights.exciteBias,
    activation: "sigmoid",
    suffix: "excite",
  });
  const spread = list.layer("Reshape", [gate], { target_shape: [1, 1, channels] }, "gate");
  return list.layer("Multiply", [input, spread]);
};
