// One number per student: how accurate it is, for how long it takes on the devices that matter.
import type { CombineName, RewardForm } from "../src/schemas/search_options.ts";

/** How long a student takes on one device, and how long it may take there. */
export interface TargetedLatency {
  latencyMs: number;
  targetMs: number;
  /** Share of this device under `weighted`; 1 if not given. */
  weight?: number;
}

/** What {@linkcode rewardOf} judges a student by. */
export interface RewardInput {
  /** From 0 to 1. */
  accuracy: number;
  /** One entry per device, at least one. */
  latencies: readonly TargetedLatency[];
  /** `hard` if not given. */
  form?: RewardForm;
  /** How several devices become one ratio of latency to target; `worst` if not given. */
  combine?: CombineName;
  /** Exponents up to the target and beyond it, in place of those of `hard` or `soft`. */
  exponents?: readonly [number, number];
  /** The weight of `absolute`, below 0; -0.07 if not given. */
  absoluteWeight?: number;
}

/**
 * Exponents up to the target and beyond it. Soft: doubling the latency buys about 5 % of accuracy, -log2(1.05).
 * With equal exponents the target only scales all rewards: the best student is the same for every target.
 */
export const formExponents = { hard: [0, -1], soft: [-0.07, -0.07] } as const;

/** No tuned value: like the soft exponent, it makes twice the target cost 7 %, here 7 points of accuracy. */
export const DEFAULT_ABSOLUTE_WEIGHT = -0.07;

/**
 * The reward of a student, a finite number that is never negative.
 * `hard` and `soft`: accuracy * (latency / target)^w (MnasNet, arXiv 1807.11626); `absolute`: accuracy +
 * absoluteWeight * |latency / target - 1|, cut off at 0 (TuNAS, arXiv 2008.06120, does not cut: there every network is
 * trained; here one that breaks a hard limit is worth 0, and none that keeps them may be worth less).
 * Throws RangeError on a value out of range, on a reward too large for a number, and on exponents with `absolute` or an
 * `absoluteWeight` without it.
 */
export function rewardOf(input: RewardInput): number {
  const { accuracy, latencies, form = "hard", combine = "worst", exponents, absoluteWeight } = input;
  if (!(accuracy >= 0 && accuracy <= 1)) throw new RangeError(`Accuracy must be from 0 to 1, got ${accuracy}`);
  const ratios = latencies.map(({ latencyMs, targetMs, weight }) => ({
    value: positive(latencyMs, "Latency in ms") / positive(targetMs, "Target in ms"),
    weight,
  }));
  const ratio = combineValues(ratios, combine);

  if (form === "absolute") {
    if (exponents) throw new RangeError(`Exponents (${exponents}) belong to "hard" and "soft", not to "absolute"`);
    const weight = absoluteWeight ?? DEFAULT_ABSOLUTE_WEIGHT;
    if (!(weight < 0 && weight > -Infinity)) throw new RangeError(`The absolute weight must be below 0, got ${weight}`);
    return Math.max(0, accuracy + weight * Math.abs(ratio - 1));
  }
  if (absoluteWeight !== undefined) throw new RangeError(`An absolute weight belongs to "absolute", not to "${form}"`);
  const [upToTarget, beyond] = exponents ?? formExponents[form];
  if (!Number.isFinite(upToTarget) || !Number.isFinite(beyond)) {
    throw new RangeError(`Exponents must be finite numbers, got ${upToTarget}, ${beyond}`);
  }
  const reward = accuracy * ratio ** (ratio <= 1 ? upToTarget : beyond);
  if (Number.isFinite(reward)) return reward;
  throw new RangeError(`${ratio} times the target, by exponents ${upToTarget}, ${beyond}, is a reward of ${reward}`);
}

/**
 * One number for several devices: the largest (`worst`), the mean, or the mean by weight (1 where not given).
 * Throws RangeError without values, on a negative weight, and where all weights are 0.
 */
export function combineValues(
  values: readonly { value: number; weight?: number }[],
  combine: CombineName,
): number {
  if (values.length === 0) throw new RangeError("A reward needs the latency of at least one device, got none");
  switch (combine) {
    case "worst":
      return Math.max(...values.map(({ value }) => value));
    case "mean":
      return values.reduce((sum, { value }) => sum + value, 0) / values.length;
    case "weighted":
      return weightedMean(values);
    default:
      throw new RangeError(`Unknown way to combine devices "${combine satisfies never}": worst, mean or weighted`);
  }
}

function weightedMean(values: readonly { value: number; weight?: number }[]): number {
  let sum = 0;
  let total = 0;
  for (const { value, weight = 1 } of values) {
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`A device's weight must be 0 or more, got ${weight}`);
    sum += weight * value;
    total += weight;
  }
  if (total === 0) throw new RangeError("At least one device needs a weight above 0, got 0 for all");
  return sum / total;
}

function positive(value: number, name: string): number {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name} must be above 0, got ${value}`);
  return value;
}
