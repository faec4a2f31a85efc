// What a trial's measurements say of one device.
import type { Measurement } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";

/** The measurement of `trial` on the named device that counted: the last valid one. */
export function measurementOn(trial: Pick<Trial, "measurements">, deviceName: string): Measurement | null {
  return trial.measurements.findLast(({ device, valid }) => valid && device.name === deviceName) ?? null;
}

/** By each of the named devices that timed `trial`, in milliseconds. */
export function latenciesOn(
  trial: Pick<Trial, "measurements">,
  deviceNames: readonly string[],
): Record<string, number> {
  return Object.fromEntries(deviceNames.flatMap((name) => {
    const measurement = measurementOn(trial, name);
    return measurement === null ? [] : [[name, measurement.latencyMs]];
  }));
}

/** 95 % interval of `latencyMs`, in milliseconds: that of the ratio, on the scale of the latency. */
export function latencyInterval(measurement: Measurement): readonly [lowMs: number, highMs: number] {
  const { latencyMs, ratio, ratioHigh, ratioLow } = measurement;
  return [latencyMs * ratioLow / ratio, latencyMs * ratioHigh / ratio];
}
