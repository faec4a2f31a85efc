// The loss of PPO (Schulman et al., arXiv 1707.06347) as its gradient: each decision is an action of its own.
import type { LstmPolicy, Trajectory } from "./lstm_policy.ts";

/** One sampled sequence and how much better than expected it turned out. */
export interface Episode {
  tokens: readonly number[];
  /** log P of every choice when the sequence was judged, `[all choices]`. */
  oldLogProbabilities: Float64Array;
  /** How much better than expected each decision was, `[decisions]`. */
  advantages: Float64Array;
  /** What the critic should have expected, before every decision. */
  valueTarget: number;
}

export interface PpoLossOptions {
  /** How far the ratio of new to old probability counts, to each side of 1. */
  clipRange: number;
  /** Weight of the entropy, summed over decisions, in the objective. */
  entropyWeight: number;
  /** Weight of the critic's squared error, halved and summed over decisions, in the loss; 0: no critic. */
  valueWeight: number;
}

/** How a policy stands to some episodes. */
export interface PpoFigures {
  /** Nats per decision. */
  entropy: number;
  /** Estimate of KL(old, new) in nats per decision, mean of r - 1 - log r. */
  divergence: number;
  /** Share of decisions at which the clip cuts the gradient off. */
  clipFraction: number;
  /** The critic's squared error, mean over decisions. */
  valueLoss: number;
}

/**
 * One term of the objective, min(r A, clip(r, 1 - range, 1 + range) A) for the ratio r of new to old probability, and
 * its derivative by log r.
 */
export function clippedSurrogate(
  ratio: number,
  advantage: number,
  clipRange: number,
): { objective: number; derivative: number } {
  const clippedRatio = Math.min(Math.max(ratio, 1 - clipRange), 1 + clipRange);
  const [plain, clipped] = [ratio * advantage, clippedRatio * advantage];
  return plain <= clipped ? { objective: plain, derivative: plain } : { objective: clipped, derivative: 0 };
}

/**
 * The gradient, by the policy's parameters, `[parameters]`, of the mean loss over `episodes`, summed over decisions; the
 * loss is the negative objective. At old = new it is that of REINFORCE.
 */
export function ppoGradient(
  policy: LstmPolicy,
  episodes: readonly Episode[],
  options: PpoLossOptions,
): Float64Array {
  const gradient = new Float64Array(policy.parameters.length);
  for (const { tokens, oldLogProbabilities, advantages, valueTarget } of episodes) {
    const trajectory = policy.forward(tokens);
    const change = new Float64Array(trajectory.logProbabilities.length);
    addEntropyGradient(trajectory, options.entropyWeight, change);
    for (const [step, token] of tokens.entries()) {
      const taken = policy.offsets[step] + token;
      const ratio = Math.exp(trajectory.logProbabilities[taken] - oldLogProbabilities[taken]);
      change[taken] -= clippedSurrogate(ratio, advantages[step], options.clipRange).derivative;
    }
    for (let i = 0; i < change.length; i++) change[i] /= episodes.length;
    const valueChange = trajectory.values.map((value) => options.valueWeight * (value - valueTarget) / episodes.length);
    policy.backward(trajectory, change, gradient, options.valueWeight > 0 ? valueChange : undefined);
  }
  return gradient;
}

/** Where `policy` is now, over `episodes` that an earlier one was judged by. */
export function ppoFigures(
  policy: LstmPolicy,
  episodes: readonly Episode[],
  { clipRange }: Pick<PpoLossOptions, "clipRange">,
): PpoFigures {
  let [entropy, divergence, clipped, valueLoss] = [0, 0, 0, 0];
  for (const { tokens, oldLogProbabilities, advantages, valueTarget } of episodes) {
    const { logProbabilities, values } = policy.forward(tokens);
    entropy += entropyOf(logProbabilities);
    for (const [step, token] of tokens.entries()) {
      const taken = policy.offsets[step] + token;
      const logRatio = logProbabilities[taken] - oldLogProbabilities[taken];
      const ratio = Math.exp(logRatio);
      divergence += ratio - 1 - logRatio;
      if (advantages[step] !== 0 && clippedSurrogate(ratio, advantages[step], clipRange).derivative === 0) clipped++;
      valueLoss += (values[step] - valueTarget) ** 2;
    }
  }
  const decisions = policy.choices.length * episodes.length;
  return {
    entropy: entropy / decisions,
    divergence: divergence / decisions,
    clipFraction: clipped / decisions,
    valueLoss: valueLoss / decisions,
  };
}

/** The entropy, exact, over all decisions. Illegal choices have no part in it. */
export function entropyOf(logProbabilities: Float64Array): number {
  let entropy = 0;
  for (const logProbability of logProbabilities) {
    if (logProbability !== -Infinity) entropy -= Math.exp(logProbability) * logProbability;
  }
  return entropy;
}

/** Adds the gradient of -weight * entropy by log P to `change`. */
export function addEntropyGradient({ logProbabilities }: Trajectory, weight: number, change: Float64Array): void {
  for (let i = 0; i < change.length; i++) {
    if (logProbabilities[i] === -Infinity) continue;
    change[i] += weight * Math.exp(logProbabilities[i]) * (logProbabilities[i] + 1);
  }
}
