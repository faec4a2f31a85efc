// The loss of REINFORCE (Williams 1992) as its gradient.
import type { LstmPolicy } from "./lstm_policy.ts";
import { addEntropyGradient, entropyOf } from "./ppo_gradient.ts";

export interface ReinforceGradient {
  /** Of the loss, by the policy's parameters, `[parameters]`. */
  gradient: Float64Array;
  /** Nats per decision. */
  entropy: number;
}

/**
 * The gradient of the mean over `proposals` of -advantage * log P(tokens) - entropyWeight * entropy, the entropy exact
 * and summed over decisions.
 */
export function reinforceGradient(
  policy: LstmPolicy,
  proposals: readonly { tokens: readonly number[]; advantage: number }[],
  entropyWeight: number,
): ReinforceGradient {
  const gradient = new Float64Array(policy.parameters.length);
  let entropy = 0;
  for (const { tokens, advantage } of proposals) {
    const trajectory = policy.forward(tokens);
    const change = new Float64Array(trajectory.logProbabilities.length);
    entropy += entropyOf(trajectory.logProbabilities);
    addEntropyGradient(trajectory, entropyWeight, change);
    for (const [step, token] of tokens.entries()) change[policy.offsets[step] + token] -= advantage;
    for (let i = 0; i < change.length; i++) change[i] /= proposals.length;
    policy.backward(trajectory, change, gradient);
  }
  return { gradient, entropy: entropy / (policy.choices.length * proposals.length) };
}
