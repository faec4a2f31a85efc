// Who times the students of a run, and what is aimed at.
import { DeviceGoneError, openDevices } from "../devices/mod.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { fileExists } from "../src/data/file_exists.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { DeviceDescription } from "../src/schemas/measurement.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import { baselineWidths } from "./baselines.ts";
import type { DeviceTarget } from "./events.ts";
import { deviceLatencies } from "./latency/devices.ts";
import type { LatencySource } from "./latency/latency_source.ts";
import { replayedLatencies } from "./latency/replay.ts";
import { OutsideFaultError } from "./outside_fault.ts";
import { formatDuration } from "../src/cli/format.ts";
import type { RunContext } from "./run_context.ts";
import {
  activeDevices,
  activeTargets,
  allTargets,
  deviceBackends,
  droppedDevices,
  keepDevices,
  leaveOut,
} from "./run_devices.ts";
import { runNames } from "./report/report_files.ts";
import { runFolder } from "./run_folder.ts";
import { OutdatedRunError, RunStore } from "./store/run_store.ts";

/** Opens the configured devices, or the earlier run that is replayed; `cleanup` closes them. */
export async function openLatencies(context: RunContext, cleanup: AsyncDisposableStack): Promise<LatencySource> {
  const { config, emit, signal, store } = context;
  if (config.replay !== undefined) return openReplay(context, config.replay, cleanup);
  const open = context.openDevices ?? openDevices;
  const names = activeDevices(store, config).map(({ name }) => name);
  emit({ type: "phase", phase: "devices", message: `Opening and timing: ${names.join(", ")}.` });
  const unavailable: DeviceGoneError[] = [];
  const { close, devices } = await open(names, {
    dataDir: config.dataDir,
    runtimes: [config.runtime],
    lan: config.lan,
    port: config.port,
    deviceWaitMs: config.deviceWait * 1000,
    log: (message) => emit({ type: "note", message }),
    onPairing: context.onPairing,
    onUnavailable(name, { message }) {
      unavailable.push(new DeviceGoneError(name, message));
      return config.deviceGone === "continue";
    },
    signal,
  }).catch((error) => {
    signal?.throwIfAborted();
    throw unavailable.find(({ message }) => message === error.message) ?? error;
  });
  cleanup.defer(close);
  keepDevices(store, config, [...devices.map(({ name }) => name), ...unavailable.map(({ device }) => device)]);
  for (const gone of unavailable) if (!leaveOut(context, gone.device, gone.message)) throw gone;
  const described = devices.map((device) => device.describe());
  const before = ((store.get("devices") ?? []) as DeviceDescription[])
    .filter(({ name }) => !described.some((device) => device.name === name));
  store.set("devices", [...before, ...described]);
  const wait = formatDuration(config.deviceWait);
  const then = config.deviceGone === "stop" ? "the search stops, saved" : "the search goes on without it";
  return deviceLatencies(devices, {
    runtime: config.runtime,
    profile: config.profile,
    seed: config.seed,
    backendOf: (device) => deviceBackends(store)[device],
    stored: (modelHash, device) => store.measurement(modelHash, device, config.runtime, deviceBackends(store)[device]),
    onMeasured: (measurement) => store.saveMeasurements([measurement]),
    onActivity(device, activity) {
      const waits = activity.startsWith("waits:");
      const text = waits ? `${activity} (for up to ${wait}, then ${then})` : activity;
      emit({ type: "device", device, activity: text, waits });
    },
    onGone: (device, error) => leaveOut(context, device, error.message),
  });
}

/** UsageError unless the run that is to be replayed, if any, is there, and another one. For before anything is made. */
export function requireReplayed({ dataDir, replay, run }: RunConfig): void {
  if (replay === undefined) return;
  const others = runNames(dataDir).filter((name) => name !== run && fileExists(runFolder(dataDir, name).database));
  if (others.includes(replay)) return;
  const why = replay === run ? `run "${run}" cannot take latencies from itself` : `no run "${replay}" in ${dataDir}`;
  throw new UsageError(`--replay: ${why}; there are: ${others.join(", ") || "none"}`);
}

function readReplayed({ dataDir }: RunConfig, run: string): RunStore {
  try {
    return new RunStore(runFolder(dataDir, run).database, { readOnly: true });
  } catch (error) {
    throw error instanceof OutdatedRunError ? new UsageError(`--replay: ${error.message}`) : error;
  }
}

function openReplay({ config, store }: RunContext, run: string, cleanup: AsyncDisposableStack): LatencySource {
  const other = cleanup.use(readReplayed(config, run));
  const devices = config.devices.map(({ name }) => name);
  const left = droppedDevices(other).map(({ device }) => device).filter((device) => devices.includes(device));
  if (left.length > 0) {
    throw new UsageError(`--replay: run "${run}" went on without ${left.join(", ")}; give --device without it`);
  }
  keepDevices(store, config, devices);
  const backends = deviceBackends(other);
  return replayedLatencies(other, { run, devices, runtime: config.runtime, backendOf: (device) => backends[device] });
}

/**
 * The latency that is aimed at on each device: as configured, else what the reference network takes there. All widths of
 * it are timed in one session, which the baselines need anyway and which gives the device its nominal times. UsageError
 * where a run that is replayed does not know the reference network.
 */
export async function findTargets(
  { config, emit, signal, store }: RunContext,
  latencies: LatencySource,
  space: SearchSpace,
): Promise<DeviceTarget[]> {
  if (allTargets(store).length > 0) return activeTargets(store);
  emit({ type: "note", message: `Timing the reference network (profile ${config.targetProfile}).` });
  const widths = [1, ...baselineWidths.filter((width) => width !== 1)];
  const { outcomes } = latencies.measure(widths.map((width) => space.reference(width)), {
    signal,
    profile: config.targetProfile,
  });
  const [reference] = await Promise.all(outcomes).catch((error) => {
    // Of another space, data or device, for instance: no student of this run would have a latency there.
    if (config.replay === undefined || !(error instanceof OutsideFaultError)) throw error;
    throw new UsageError(`--replay, this run's reference network: ${error.message}`);
  });
  if ("error" in reference) throw new Error(`the reference network could not be timed: ${reference.error}`);
  store.saveMeasurements(reference.measurements);
  const targets = activeDevices(store, config).map(({ name, targetMs, weight }): DeviceTarget => {
    const measured = reference.measurements.find(({ device }) => device.name === name);
    if (!measured) throw new Error(`the reference network was not timed on device "${name}"`);
    return { device: name, targetMs: targetMs ?? measured.latencyMs, weight };
  });
  const backends = reference.measurements.map(({ backend, device }) => [device.name, backend]);
  store.transaction(() => {
    store.set("backends", Object.fromEntries(backends));
    store.set("targets", targets);
  });
  return targets;
}
