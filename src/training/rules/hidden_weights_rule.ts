// Training of weights that the network does not run on: full-precision ones behind quantised ones (straight-through,
// Bengio et al. 2013, 1308.3432; BinaryConnect, 1511.00363), or ones of which a mask leaves only some.
import type { Network } from "../../engine/network.ts";
import type { ParameterRule } from "../parameter_rule.ts";
import { Adam } from "./adam.ts";
import { requireFinite } from "./require_finite.ts";

export interface HiddenWeights {
  /** What the network is to run on `[parameterCount]`, made from the hidden weights, which stay as they are. */
  visible(hidden: Float32Array): Float32Array;
  /** Changes the gradient `[parameterCount]` of the visible weights into that of the hidden ones, in place. */
  gradient?(gradient: Float32Array): void;
  /** Brings hidden weights back into their range after a step, in place. */
  limit?(hidden: Float32Array): void;
}

/**
 * The rule whose hidden weights start as the network's own; the visible ones stand in the network at once. Its update
 * rejects with a DivergedError where a hidden weight is not finite.
 */
export async function hiddenWeightsRule(network: Network, weights: HiddenWeights): Promise<ParameterRule> {
  const hidden = (await network.readWeights()).parameters;
  const adam = new Adam(hidden.length);
  let step = 0;
  weights.limit?.(hidden);
  network.writeParameters(weights.visible(hidden));
  return {
    async update(learningRate) {
      const gradient = await network.readGradient();
      network.update(0);
      weights.gradient?.(gradient);
      adam.update(hidden, gradient, learningRate);
      requireFinite(hidden, { what: "a hidden weight", step: ++step });
      weights.limit?.(hidden);
      network.writeParameters(weights.visible(hidden));
    },
  };
}
