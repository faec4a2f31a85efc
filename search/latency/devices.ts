// Latencies from real devices.
import type { Device } from "../../devices/mod.ts";
import type { Measurement, RuntimeName } from "../../src/schemas/measurement.ts";
import type { LatencySource } from "./latency_source.ts";

// A first doubtful answer may be bad luck (a hidden page, a burst of load); a third one is not.
const tries = 3;

/** Asks each of `devices` for each architecture, one architecture at a time per device, devices side by side. */
export function deviceLatencies(
  devices: readonly Device[],
  options: { runtime: RuntimeName; seed: number },
): LatencySource {
  // One measurement at a time on a device: the last one asked for, which the next one waits for.
  const busy = new Map<Device, Promise<unknown>>();
  const measureOn = async (device: Device, job: Parameters<Device["measure"]>[0], signal?: AbortSignal) => {
    let flags: string[] = [];
    for (let left = tries; left > 0; left--) {
      const measurement = await device.measure(job, { signal });
      if (measurement.valid) return measurement;
      flags = measurement.flags;
    }
    throw new Error(`${device.name}: no valid measurement in ${tries} tries: ${flags.join(", ")}`);
  };
  // Devices of this machine share its cores: side by side they would time each other.
  const queueOf = (device: Device) => (device.local ? devices.find(({ local }) => local) ?? device : device);
  return {
    needsQuiet: devices.some(({ local }) => local),
    measure: (architecture, { signal }) =>
      Promise.all(devices.map((device): Promise<Measurement> => {
        const queue = queueOf(device);
        const job = { architecture, runtime: options.runtime, seed: options.seed };
        const turn = (busy.get(queue) ?? Promise.resolve()).then(() => measureOn(device, job, signal));
        busy.set(queue, turn.catch(() => {}));
        return turn;
      })),
  };
}
