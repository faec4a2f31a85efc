import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { dense } from "./dense.ts";
import { globalAveragePool } from "./global_average_pool.ts";
import { withoutActivation } from "./linear.ts";
import type { NodeRun, ReferenceOp } from "./reference_op.ts";
import { map, plus, zerosLike } from "./tensor.ts";

/** Hu et al. 2017, 1709.01507: `x * sigmoid(We relu(Ws mean(x) + bs) + be)`. */
export const squeezeExcite: ReferenceOp<NodeOf<"squeezeExcite">> = (node, [x], run) => {
  const { channels } = x;
  const [squeezeKernel, squeezeBias, exciteKernel, exciteBias] = run.parameters;
  const layer = (units: number, parameters: Float64Array[]) =>
    [{ op: "dense", inputs: [0], units }, { ...run, parameters }] as [NodeOf<"dense">, NodeRun];
  const [squeezeNode, squeezeRun] = layer(node.squeezeChannels, [squeezeKernel, squeezeBias]);
  const [exciteNode, exciteRun] = layer(channels, [exciteKernel, exciteBias]);

  const pool = globalAveragePool({ op: "globalAveragePool", inputs: [0] }, [x], run);
  const squeeze = dense(squeezeNode, [pool.output], squeezeRun);
  const squeezed = map(squeeze.output, (value) => {
    run.margin(Math.abs(value));
    return Math.max(value, 0);
  });
  const excite = dense(exciteNode, [squeezed], exciteRun);
  const gate = map(excite.output, (value) => 1 / (1 + Math.exp(-value)));

  /** Place of the gate of an element of `x`. */
  const gateAt = (index: number) => Math.floor(index / (x.height * x.width * channels)) * channels + index % channels;
  const none = zerosLike;

  return withoutActivation(map(x, (value, index) => value * gate.data[gateAt(index)]), (gradient) => {
    const gateGradient = zerosLike(gate);
    for (const [index, dy] of gradient.data.entries()) gateGradient.data[gateAt(index)] += dy * x.data[index];
    const sigmoidGradient = map(gateGradient, (value, i) => value * gate.data[i] * (1 - gate.data[i]));
    const excited = excite.backward(sigmoidGradient, none(sigmoidGradient));
    const reluGradient = map(excited.inputs[0], (value, i) => (squeeze.output.data[i] > 0 ? value : 0));
    const squeezedBack = squeeze.backward(reluGradient, none(reluGradient));
    const pooled = pool.backward(squeezedBack.inputs[0], none(squeezedBack.inputs[0]));
    const direct = map(gradient, (dy, index) => dy * gate.data[gateAt(index)]);
    return {
      inputs: [plus(direct, pooled.inputs[0])],
      parameters: [...squeezedBack.parameters, ...excited.parameters],
    };
  });
};
