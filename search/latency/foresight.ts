// Whether a student is so surely far from its target that timing it would only cost time. Pure: what is foreseen goes
// by the predictions alone, and they by completed batches alone, so that one seed and the same latencies give the same
// trials. A skipped student is never reported: those of the front, the best and the finals are chosen among trials with
// a measurement, which a skipped one has not.
import type { CombineName, RewardForm } from "../../src/schemas/search_options.ts";
import { formatMilliseconds } from "../../src/cli/format.ts";
import type { DeviceTarget } from "../events.ts";
import { combineValues } from "../reward.ts";

/** What a predictor says of one network; `lowMs` to `highMs` holds the latency that would be measured with 90 %. */
export interface LatencyPrediction {
  latencyMs: number;
  lowMs: number;
  highMs: number;
}

/** A prediction for one device of a run. */
export interface DevicePrediction extends LatencyPrediction {
  device: string;
}

/** What counts as far in a run. */
export interface ForesightRule {
  /** The devices that count, as long as they do. */
  targets: readonly DeviceTarget[];
  combine: CombineName;
  /** Too fast is far as well only where speed beyond the target costs reward. */
  reward: RewardForm;
  exponents?: readonly [number, number];
  /** The hard limit, in milliseconds of the first target's device. */
  maxLatencyMs?: number;
  /** Far: more than so many times the target, or less than the target over it. Default 2. */
  farFactor?: number;
}

/** Why a student need not be timed, and the latency over the devices that was foreseen, in milliseconds of the first. */
export interface Foreseen {
  /** One clause, for instance "foreseen 9.1 ms (7.2 to 11 ms), beyond 2 x the target of 3 ms". */
  reason: string;
  latency: LatencyPrediction;
  predictions: readonly DevicePrediction[];
}

export const defaultFarFactor = 2;

/**
 * The latency over the devices of `targets`, in milliseconds of the first, as scores combine measured ones; undefined
 * where a device has no prediction. Combining grows with each latency, so ends of the interval come of ends: it is
 * wider than it need be.
 */
export function combinePredictions(
  predictions: readonly DevicePrediction[],
  { combine, targets }: Pick<ForesightRule, "combine" | "targets">,
): LatencyPrediction | undefined {
  const pairs = targets.map((target) => ({
    target,
    prediction: predictions.find(({ device }) => device === target.device),
  }));
  const combined = (end: keyof LatencyPrediction): number => {
    const ratios = pairs.map(({ prediction, target: { targetMs, weight } }) => ({
      value: (prediction?.[end] ?? NaN) / targetMs,
      weight,
    }));
    return combineValues(ratios, combine) * targets[0].targetMs;
  };
  if (targets.length === 0 || pairs.some(({ prediction }) => prediction === undefined)) return undefined;
  return { latencyMs: combined("latencyMs"), lowMs: combined("lowMs"), highMs: combined("highMs") };
}

/** Whether a student that is faster than its target loses reward by it. */
function fastCosts({ exponents, reward }: Pick<ForesightRule, "exponents" | "reward">): boolean {
  if (exponents !== undefined) return exponents[0] > 0;
  return reward === "absolute";
}

/**
 * Why a student with these predictions need not be timed; null where it must be: no prediction for one of the devices,
 * or the interval reaches to where it would not be far. Sure is: all of the interval lies beyond. RangeError on a
 * `farFactor` that is not above 1.
 */
export function isSurelyFar(predictions: readonly DevicePrediction[], rule: ForesightRule): Foreseen | null {
  const { farFactor = defaultFarFactor, maxLatencyMs, targets } = rule;
  if (!(farFactor > 1)) throw new RangeError(`far is more than 1 times the target, got ${farFactor}`);
  const latency = combinePredictions(predictions, rule);
  if (latency === undefined) return null;
  const { targetMs } = targets[0];
  const text = formatMilliseconds;
  const foreseen = `foreseen ${text(latency.latencyMs)} ms (${text(latency.lowMs)} to ${text(latency.highMs)} ms)`;
  const because = (why: string): Foreseen => ({ reason: `${foreseen}, ${why}`, latency, predictions });
  if (maxLatencyMs !== undefined && latency.lowMs > maxLatencyMs) return because(`more than ${text(maxLatencyMs)} ms`);
  if (latency.lowMs > farFactor * targetMs) return because(`beyond ${farFactor} x the target of ${text(targetMs)} ms`);
  if (fastCosts(rule) && latency.highMs < targetMs / farFactor) {
    return because(`below 1/${farFactor} of the target of ${text(targetMs)} ms`);
  }
  return null;
}
