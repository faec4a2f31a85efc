// Rewards as a regression can bear them. A search's rewards have a long lower tail, which would take all the variance,
// while what matters is how the good ones differ.
import { mean } from "../reward_scale.ts";

/**
 * `rewards` as targets of about unit spread, larger for larger. Those above the median keep their distance to it, in
 * units of their own spread; those below keep their ranks only and get the quantiles of the normal distribution (after
 * the half-rank warping of Song et al. 2024, arXiv 2408.11527). All 0 where all rewards are equal.
 */
export function warpRewards(rewards: readonly number[]): Float64Array {
  const targets = new Float64Array(rewards.length);
  const order = Array.from(rewards.keys()).sort((one, other) => rewards[one] - rewards[other]);
  const median = rewards[order[Math.floor(order.length / 2)]];
  // By the largest distance first, as the squares of very small or large rewards are 0 or Infinity.
  const largest = Math.max(...rewards) - median || 1;
  const squares = rewards.filter((reward) => reward > median).map((reward) => ((reward - median) / largest) ** 2);
  const spread = squares.length > 0 ? Math.sqrt(mean(squares)) : 1;
  for (let first = 0; first < order.length;) {
    const reward = rewards[order[first]];
    let last = first;
    while (last + 1 < order.length && rewards[order[last + 1]] === reward) last++;
    // Equal rewards share the middle of their ranks.
    const share = ((first + last) / 2 + 0.5) / order.length;
    const target = reward < median ? normalQuantile(share) : (reward - median) / largest / spread;
    for (; first <= last; first++) targets[order[first]] = target;
  }
  return targets;
}

/** Where the standard normal distribution reaches `share`, but for 0.004 in its middle (Joiner and Rosenblatt 1971). */
function normalQuantile(share: number): number {
  return 4.91 * (share ** 0.14 - (1 - share) ** 0.14);
}
