// Latencies from real devices, side by side: a slow one or one that went away holds up no other.
import type { Device, DeviceGoneError } from "../../devices/mod.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { Measurement, ProfileName, RuntimeName } from "../../src/schemas/measurement.ts";
import { OutsideFaultError } from "../outside_fault.ts";
import { backendChange, type BackendOf } from "./backend_change.ts";
import { type DeviceOutcome, measureQueue } from "./device_queue.ts";
import type { LatencySource, MeasuredOutcome, MeasureOptions } from "./latency_source.ts";
import { modelOf } from "./model.ts";

export interface DeviceLatenciesOptions {
  runtime: RuntimeName;
  profile: ProfileName;
  /** Of weights and inputs. */
  seed: number;
  /** A measurement that need not be made again. */
  stored?: (modelHash: string, device: string) => Measurement | undefined;
  /** See BackendOf. */
  backendOf?: BackendOf;
  /** Told of each valid measurement at once, so that it is not lost with the run. */
  onMeasured?: (measurement: Measurement) => void;
  /** What a device does now; "" where it does nothing for this search. */
  onActivity?: (device: string, activity: string) => void;
  /** Told once per device that it went away: whether the search goes on without it. */
  onGone: (device: string, error: DeviceGoneError) => boolean;
}

/** Asks each of `devices` for each architecture. Devices of one machine take turns among themselves. */
export function deviceLatencies(devices: readonly Device[], options: DeviceLatenciesOptions): LatencySource {
  const { backendOf, onActivity, onGone, onMeasured, runtime, seed, stored } = options;
  /** The devices that went away: whether the search goes on without them. */
  const gone = new Map<Device, boolean>();

  /** What `device` says of each of `architectures`, measured now where it is not stored. */
  function ask(device: Device, architectures: readonly Architecture[], settings: MeasureOptions) {
    const known = architectures.map((architecture) => stored?.(architectureHash(architecture), device.name));
    const missing = architectures.filter((_, index) => !known[index]);
    const { done, outcomes } = measureQueue(device, missing.map((architecture) => modelOf(architecture, seed)), {
      runtime,
      profile: settings.profile ?? options.profile,
      signal: settings.signal,
      onActivity: (activity) => onActivity?.(device.name, activity),
    });
    const next = outcomes.values();
    const all = known.map(async (measurement): Promise<DeviceOutcome> => {
      if (measurement) return { measurement };
      const outcome = await next.next().value as DeviceOutcome;
      if (!("measurement" in outcome)) return outcome;
      const change = backendChange(outcome.measurement, backendOf);
      // That of every network from now on: none of them is to blame.
      if (change !== undefined) throw new OutsideFaultError(change);
      onMeasured?.(outcome.measurement);
      return outcome;
    });
    return { device, done, outcomes: all };
  }

  /** Whether the search goes on without `device`; asked for once. */
  function goesOnWithout(device: Device, error: DeviceGoneError): boolean {
    const decided = gone.get(device) ?? onGone(device.name, error);
    gone.set(device, decided);
    return decided;
  }

  return {
    measure(architectures, settings = {}) {
      const asked = devices.filter((device) => !gone.get(device)).map((device) => ask(device, architectures, settings));
      const outcomeOf = async (index: number): Promise<MeasuredOutcome> => {
        const outcomes = await Promise.all(asked.map(async ({ device, outcomes }) => {
          const outcome = await outcomes[index];
          if ("gone" in outcome && !goesOnWithout(device, outcome.gone)) throw outcome.gone;
          return outcome;
        }));
        const failed = outcomes.find((outcome) => "error" in outcome);
        if (failed) return failed;
        return { measurements: outcomes.flatMap((outcome) => ("measurement" in outcome ? [outcome.measurement] : [])) };
      };
      return {
        outcomes: architectures.map((_, index) => outcomeOf(index)),
        quiet: Promise.all(asked.filter(({ device }) => device.local).map(({ done }) => done)).then(() => {}),
      };
    },
  };
}
