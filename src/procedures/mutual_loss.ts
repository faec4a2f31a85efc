// The loss of deep mutual learning (Zhang et al. 2017, 1706.00384) in plain numbers: what the peers say has to be read
// out of their networks anyway, and a batch of logits is small.
import { divergence, probabilitiesOf } from "./probabilities.ts";

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
  const probabilities = probabilitiesOf(own, classes);
  const others = peers.map((peer) => probabilitiesOf(peer, classes));
  const counted = target === "ensemble" ? [probabilities, ...others] : others;
  const mean = counted[0].map((_, place) => counted.reduce((sum, each) => sum + each[place], 0) / counted.length);
  const divergences = target === "ensemble"
    ? divergence(mean, probabilities)
    : others.reduce((sum, other) => sum + divergence(other, probabilities), 0) / others.length;
  let loss = weight * divergences / rows;
  const gradient = probabilities.map((value, place) => (value + weight * (value - mean[place])) / rows);
  for (let row = 0; row < rows; row++) {
    const place = row * classes + labels[row];
    loss -= Math.log(probabilities[place]) / rows;
    gradient[place] -= 1 / rows;
  }
  return { loss, gradient };
}
