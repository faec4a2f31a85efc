// Whether a student need not be timed, since it could not be the best of its run however accurate it is. Pure: what is
// foreseen goes by the predictions and by what completed batches came to, and they by completed batches alone, so that
// one seed and the same latencies give the same trials. A skipped student is never reported: those of the front, the
// best and the finals are chosen among trials with a measurement, which a skipped one has not.
import type { CombineName } from "../../src/schemas/search_options.ts";
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

/** What a student is foreseen to be of no use by. */
export interface ForesightRule {
  /** The devices that count, as long as they do. */
  targets: readonly DeviceTarget[];
  combine: CombineName;
  /** The reward of a student that is right on every image and takes `latencyMs`, of the first target's device. */
  rewardIfPerfect: (latencyMs: number) => number;
  /** The hard limit on each of the devices. */
  maxLatencyMs?: number;
  /** The best trial so far; undefined before there is one, and nothing but the hard limit counts. */
  best?: { number: number; reward: number };
}

/** Why a student need not be timed, and the latency over the devices that was foreseen, in milliseconds of the first. */
export interface Foreseen {
  /** What was foreseen and why that will not do, in one line. */
  reason: string;
  latency: LatencyPrediction;
  predictions: readonly DevicePrediction[];
  /** Whether it surely breaks the hard limit. */
  overLimit: boolean;
}

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

/**
 * The greatest reward within the interval. Every form rises or falls steadily on either side of the target, so it is at
 * an end of the interval, or at the target where that lies within.
 */
function bestIfPerfect({ highMs, lowMs }: LatencyPrediction, { rewardIfPerfect, targets }: ForesightRule): number {
  const [{ targetMs }] = targets;
  const places = lowMs < targetMs && targetMs < highMs ? [lowMs, targetMs, highMs] : [lowMs, highMs];
  return Math.max(...places.map(rewardIfPerfect));
}

function inWords({ highMs, latencyMs, lowMs }: LatencyPrediction): string {
  const [likely, low, high] = [latencyMs, lowMs, highMs].map(formatMilliseconds);
  return `foreseen ${likely} ms (${low} to ${high} ms)`;
}

/**
 * Why a student with these predictions need not be timed; null where it must be: no prediction for one of the devices,
 * or it might be the best. It is of no use where all of the interval breaks the hard limit on a device, or where the reward is below
 * the best one so far all over the interval even if the student were right on every image.
 */
export function foreseeUseless(predictions: readonly DevicePrediction[], rule: ForesightRule): Foreseen | null {
  const { best, maxLatencyMs, targets } = rule;
  const latency = combinePredictions(predictions, rule);
  if (latency === undefined) return null;
  const slow = predictions.find(({ device, lowMs }) =>
    lowMs > (maxLatencyMs ?? Infinity) && targets.some((target) => target.device === device)
  );
  if (slow) {
    const where = targets.length > 1 ? ` on ${slow.device}` : "";
    const reason = `${inWords(slow)}${where}, more than ${maxLatencyMs} ms`;
    return { reason, latency, predictions, overLimit: true };
  }
  if (best === undefined) return null;
  const most = bestIfPerfect(latency, rule);
  if (most >= best.reward) return null;
  const reason = `${inWords(latency)}: even right on every image its reward would be at most ${most.toFixed(3)}, ` +
    `and trial ${best.number} has ${best.reward.toFixed(3)}`;
  return { reason, latency, predictions, overLimit: false };
}
