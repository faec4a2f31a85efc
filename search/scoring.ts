// What a measured student is worth, and whether it may be trained at all.
import type { Measurement } from "../src/schemas/measurement.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { DeviceTarget } from "./events.ts";
import { combineValues, rewardOf } from "./reward.ts";

/** Latency over all devices, in milliseconds of the first, and the reward at `accuracy`. */
export function scoreOf(
  config: RunConfig,
  targets: readonly DeviceTarget[],
  measurements: readonly Measurement[],
  accuracy: number,
): { latencyMs: number; reward: number } {
  const latencies = measurements.map(({ device, medianMs }) => {
    const index = config.devices.findIndex(({ name }) => name === device.name);
    if (index < 0) throw new Error(`a measurement on ${device.name}, which is not a device of this run`);
    return { latencyMs: medianMs, targetMs: targets[index].targetMs, weight: config.devices[index].weight };
  });
  const { combine, exponents, reward: form } = config;
  const ratios = latencies.map(({ latencyMs, targetMs, weight }) => ({ value: latencyMs / targetMs, weight }));
  return {
    latencyMs: latencies.length === 1 ? latencies[0].latencyMs : combineValues(ratios, combine) * targets[0].targetMs,
    reward: rewardOf({ accuracy, latencies, form, combine, exponents }),
  };
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
