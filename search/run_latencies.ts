// Who times the students of a run, and what is aimed at.
import { openDevice, startDeviceServer } from "../devices/mod.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import type { DeviceTarget } from "./events.ts";
import { deviceLatencies } from "./latency/devices.ts";
import type { LatencySource } from "./latency/latency_source.ts";
import { replayedLatencies } from "./latency/replay.ts";
import type { RunContext } from "./run_context.ts";
import { runFolder } from "./run_folder.ts";
import { RunStore } from "./store/run_store.ts";

/** Opens the configured devices, or the earlier run that is replayed; `cleanup` closes them. */
export async function openLatencies(context: RunContext, cleanup: AsyncDisposableStack): Promise<LatencySource> {
  const { config, emit, signal, store } = context;
  if (config.replay !== undefined) {
    const other = new RunStore(runFolder(config.dataDir, config.replay).database, { readOnly: true });
    cleanup.use(other);
    const devices = config.devices.map(({ name }) => name);
    return replayedLatencies(other, { run: config.replay, devices, runtime: config.runtime });
  }
  const names = config.devices.map(({ name }) => name);
  const log = (message: string) => emit({ type: "note", message });
  const server = names.some((name) => name !== "here")
    ? await startDeviceServer({ port: config.port, log })
    : undefined;
  if (server) cleanup.defer(() => server.close());
  const onPairingUrl = (url: string, name: string) =>
    emit({ type: "waiting", message: `Open ${url} in the browser that is to be "${name}".` });
  const { runtime } = config;
  // One that cannot be had ends the wait for the others.
  const failed = new AbortController();
  const wait = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const opening = names.map((name) => openDevice({ name }, { runtime, server, log, onPairingUrl, signal: wait }));
  for (const device of opening) {
    cleanup.defer(() => device.then((open) => open.close(), () => {}));
    device.catch((error) => failed.abort(error));
  }
  const devices = await Promise.all(opening);
  store.set("devices", devices.map((device) => device.describe()));
  return deviceLatencies(devices, { runtime: config.runtime, seed: config.seed });
}

/** The latency that is aimed at on each device: as configured, else what the reference network takes there. */
export async function findTargets(
  { config, emit, signal, store }: RunContext,
  latencies: LatencySource,
  space: SearchSpace,
): Promise<DeviceTarget[]> {
  const stored = store.get("targets") as DeviceTarget[] | undefined;
  if (stored) return stored;
  emit({ type: "note", message: "Timing the reference network." });
  const measurements = await latencies.measure(space.reference(1), { signal });
  store.saveMeasurements(measurements);
  const targets = config.devices.map(({ name, targetMs }, index) => ({
    device: name,
    targetMs: targetMs ?? measurements[index].medianMs,
  }));
  store.set("targets", targets);
  return targets;
}
