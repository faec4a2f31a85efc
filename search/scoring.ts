// What a measured student is worth, and whether it may be trained at all.
import { formatMilliseconds } from "../src/cli/format.ts";
import type { Measurement } from "../src/schemas/measurement.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { DeviceTarget } from "./events.ts";
import { latenciesOn } from "./latency/measurement_on.ts";
import { combineValues, rewardOf } from "./reward.ts";

type ScoringConfig = Pick<RunConfig, "absoluteWeight" | "combine" | "exponents" | "reward">;

/**
 * Latency over the devices of `targets`, in milliseconds of the first, and the reward at `accuracy`; measurements on
 * other devices do not count. Error where one of the devices has no valid measurement: a missing one is never a number.
 */
export function scoreOf(
  config: ScoringConfig,
  targets: readonly DeviceTarget[],
  measurements: readonly Measurement[],
  accuracy: number,
): { latencyMs: number; reward: number } {
  const latenciesMs = latenciesOn({ measurements: [...measurements] }, targets.map(({ device }) => device));
  return scoreLatencies(config, targets, latenciesMs, accuracy);
}

/** As {@linkcode scoreOf}, of latencies in milliseconds by device, measured or foreseen. */
export function scoreLatencies(
  config: ScoringConfig,
  targets: readonly DeviceTarget[],
  latenciesMs: Readonly<Record<string, number | undefined>>,
  accuracy: number,
): { latencyMs: number; reward: number } {
  const latencies = targets.map(({ device, targetMs, weight }) => {
    const latencyMs = latenciesMs[device];
    if (latencyMs === undefined) throw new Error(`no latency on device "${device}"`);
    return { latencyMs, targetMs, weight };
  });
  const { absoluteWeight, combine, exponents, reward: form } = config;
  const reward = rewardOf({ accuracy, latencies, form, combine, exponents, absoluteWeight });
  if (latencies.length === 1) return { latencyMs: latencies[0].latencyMs, reward };
  const ratios = latencies.map(({ latencyMs, targetMs, weight }) => ({ value: latencyMs / targetMs, weight }));
  return { latencyMs: combineValues(ratios, combine) * targets[0].targetMs, reward };
}

/** The reward of a student that is right on every image and takes `latencyMs`, of the first of `targets`, over them. */
export function rewardIfPerfect(
  config: ScoringConfig,
  [{ device, targetMs }]: readonly DeviceTarget[],
  latencyMs: number,
): number {
  return scoreLatencies(config, [{ device, targetMs, weight: 1 }], { [device]: latencyMs }, 1).reward;
}

/** What was foreseen of a student that was skipped. */
export type ForeseenOfTrial = NonNullable<Trial["foreseen"]>;

/**
 * The reward of a student that was skipped for its latency: by what was foreseen, 0 where that breaks the hard limit.
 * Undefined where it counted a device that is not among `targets` any more: on the others it might be worth timing.
 */
export function scoreForeseen(
  config: ScoringConfig,
  targets: readonly DeviceTarget[],
  { accuracy, latenciesMs = {}, overLimit }: ForeseenOfTrial,
): number | undefined {
  if (Object.keys(latenciesMs).some((name) => !targets.some(({ device }) => device === name))) return undefined;
  return overLimit ? 0 : scoreLatencies(config, targets, latenciesMs, accuracy).reward;
}

type Limits = Pick<
  RunConfig,
  "maxDownloadBytes" | "maxLatencyMs" | "maxMemoryBytes" | "maxMultiplyAdds" | "maxParameters"
>;

/** What limits are about, in the order in which they are looked at. */
const sizes = [
  { limit: "maxParameters", size: "parameters", noun: "parameters" },
  { limit: "maxMultiplyAdds", size: "multiplyAdds", noun: "multiply-adds" },
  { limit: "maxMemoryBytes", size: "memoryBytes", noun: "bytes of memory" },
  { limit: "maxDownloadBytes", size: "downloadBytes", noun: "bytes of download" },
] as const;

/**
 * Why a network breaks a hard limit of `config`; undefined where it keeps them. Its sizes are known before anything is
 * measured, its latencies by device, on those that count, only after. None of them may be beyond the limit.
 */
export function brokenLimit(
  config: Limits,
  trial: Pick<Trial, typeof sizes[number]["size"]>,
  latenciesMs: Readonly<Record<string, number>> = {},
): string | undefined {
  for (const { limit, noun, size } of sizes) {
    const most = config[limit];
    if (most !== undefined && trial[size] > most) return `${trial[size]} ${noun}, more than ${most}`;
  }
  const { maxLatencyMs } = config;
  if (maxLatencyMs === undefined) return undefined;
  const latencies = Object.entries(latenciesMs);
  const slow = latencies.find(([, latencyMs]) => latencyMs > maxLatencyMs);
  if (slow === undefined) return undefined;
  const [device, latencyMs] = slow;
  const where = latencies.length > 1 ? ` on ${device}` : "";
  const [took, most] = [latencyMs, maxLatencyMs].map(formatMilliseconds);
  return `${took === most ? latencyMs : took} ms${where}, more than ${maxLatencyMs} ms`;
}
