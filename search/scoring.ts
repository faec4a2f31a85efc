// What a measured student is worth, and whether it may be trained at all.
import type { Measurement } from "../src/schemas/measurement.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { DeviceTarget } from "./events.ts";
import { measurementOn } from "./latency/measurement_on.ts";
import { combineValues, rewardOf } from "./reward.ts";

/**
 * Latency over the devices of `targets`, in milliseconds of the first, and the reward at `accuracy`; measurements on other
 * devices do not count. Error where one of the devices has no valid measurement: a missing one is never a number.
 */
export function scoreOf(
  config: Pick<RunConfig, "combine" | "exponents" | "reward">,
  targets: readonly DeviceTarget[],
  measurements: readonly Measurement[],
  accuracy: number,
): { latencyMs: number; reward: number } {
  const latencies = targets.map(({ device, targetMs, weight }) => {
    const measurement = measurementOn({ measurements: [...measurements] }, device);
    if (!measurement) throw new Error(`no latency on device "${device}"`);
    return { latencyMs: measurement.latencyMs, targetMs, weight };
  });
  const { combine, exponents, reward: form } = config;
  const reward = rewardOf({ accuracy, latencies, form, combine, exponents });
  if (latencies.length === 1) return { latencyMs: latencies[0].latencyMs, reward };
  const ratios = latencies.map(({ latencyMs, targetMs, weight }) => ({ value: latencyMs / targetMs, weight }));
  return { latencyMs: combineValues(ratios, combine) * targets[0].targetMs, reward };
}

/** Why a network breaks a hard limit of `config`; undefined where it keeps them. */
export function brokenLimit(config: RunConfig, trial: Trial, latencyMs?: number): string | undefined {
  const { maxParameters, maxMultiplyAdds, maxLatencyMs } = config;
  if (maxParameters !== undefined && trial.parameters > maxParameters) {
    return `${trial.parameters} parameters, more than ${maxParameters}`;
  }
  if (maxMultiplyAdds !== undefined && trial.multiplyAdds > maxMultiplyAdds) {
    return `${trial.multiplyAdds} multiply-adds, more than ${maxMultiplyAdds}`;
  }
  if (latencyMs !== undefined && maxLatencyMs !== undefined && latencyMs > maxLatencyMs) {
    return `${latencyMs.toFixed(2)} ms, more than ${maxLatencyMs} ms`;
  }
}
