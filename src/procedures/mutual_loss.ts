// The loss of deep mutual learning (Zhang et al. 2017, 1706.00384) in plain numbers: what the peers say has to be read
// out of their networks anyway, and a batch of logits is small.
import { logProbabilitiesOf } from "./probabilities.ts";

/**
 * `peers`: the mean of the divergences from each peer (equation 8). `ensemble`: the divergence from the mean of all
 * networks' probabilities, its own among them. The mean over the peers alone would be no other method: peers being
 * constant, it has the gradient of `peers`.
 */
export const mutualTargets = ["peers", "ensemble"] as const;
export type MutualTarget = typeof mutualTargets[number];

export interface MutualLossOptions {
  /** Logits `[N, C]` of the network that learns. */
  own: Float32Array;
  /** Logits `[N, C]` of each peer, constant; at least one. */
  peers: readonly Float32Array[];
  /** `[N]`, class numbers. */
  labels: ArrayLike<number>;
  target: MutualTarget;
  /** Weight of the divergence; there is no temperature, so no square of it. */
  weight: number;
}

/** Cross-entropy with the labels plus the weighted divergence, mean over the batch, and its gradient `[N, C]`. */
export function mutualLoss(
  { own, peers, labels, target, weight }: MutualLossOptions,
): { loss: number; gradient: Float32Array } {
  const rows = labels.length;
  const classes = own.length / rows;
  // In logarithms: a network may be so sure that the probability of another class is too small for any number.
  const logs = logProbabilitiesOf(own, classes);
  const others = peers.map((peer) => logProbabilitiesOf(peer, classes));
  const counted = target === "ensemble" ? [logs, ...others] : others;
  let loss = 0;
  const gradient = new Float32Array(own.length);
  for (let place = 0; place < own.length; place++) {
    const values = counted.map((each) => Math.exp(each[place]));
    const mean = values.reduce((sum, value) => sum + value, 0) / counted.length;
    if (target === "peers") {
      for (const [index, value] of values.entries()) {
        loss += weight * value * (others[index][place] - logs[place]) / others.length / rows;
      }
    } else if (mean > 0) loss += weight * mean * (Math.log(mean) - logs[place]) / rows;
    const value = Math.exp(logs[place]);
    gradient[place] = (value + weight * (value - mean)) / rows;
  }
  for (let row = 0; row < rows; row++) {
    const place = row * classes + labels[row];
    loss -= logs[place] / rows;
    gradient[place] -= 1 / rows;
  }
  return { loss, gradient };
}
