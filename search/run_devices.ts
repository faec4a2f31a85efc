// Which devices a run has, what it aims at on them, and how one leaves it. All of it is kept in the run's store, so that
// every start of the run agrees.
import type { ConfiguredDevice, RunConfig } from "../src/schemas/run_config.ts";
import type { DeviceTarget } from "./events.ts";
import { rescored } from "./rescoring.ts";
import type { RunContext } from "./run_context.ts";
import { latenciesOn } from "./latency/measurement_on.ts";
import { brokenLimit, scoreForeseen, scoreOf } from "./scoring.ts";
import type { RunStore } from "./store/run_store.ts";

/** A device that the run went on without. */
export interface DroppedDevice {
  device: string;
  reason: string;
  /** Search trials that were finished by then. */
  afterTrials: number;
}

/** The devices that left the run, in that order. */
export function droppedDevices(store: RunStore): DroppedDevice[] {
  return (store.get("droppedDevices") ?? []) as DroppedDevice[];
}

/** The devices that ever were in the run; "all" is still one of them before the first opening. */
export function configuredDevices(store: RunStore, config: RunConfig): ConfiguredDevice[] {
  return (store.get("runDevices") ?? config.devices) as ConfiguredDevice[];
}

/** Those of them that are still in the run. */
export function activeDevices(store: RunStore, config: RunConfig): ConfiguredDevice[] {
  const dropped = droppedDevices(store);
  return configuredDevices(store, config).filter(({ name }) => !dropped.some(({ device }) => device === name));
}

/** Keeps which devices "all" came to, each with the target and weight that were given for all. */
export function keepDevices(store: RunStore, config: RunConfig, opened: readonly string[]): void {
  if (store.get("runDevices") !== undefined) return;
  const named = config.devices.map(({ name }) => name);
  store.set(
    "runDevices",
    config.devices.flatMap((device) =>
      device.name === "all"
        ? opened.filter((name) => !named.includes(name)).map((name) => ({ ...device, name }))
        : [device]
    ),
  );
}

/** The targets of all devices that ever were in the run; empty before they are known. */
export function allTargets(store: RunStore): DeviceTarget[] {
  return (store.get("targets") ?? []) as DeviceTarget[];
}

/** The targets of the devices that are still in the run: what rewards count. */
export function activeTargets(store: RunStore): DeviceTarget[] {
  const dropped = droppedDevices(store);
  return allTargets(store).filter(({ device }) => !dropped.some((one) => one.device === device));
}

/** The backend of each device, since the targets were found on it. */
export function deviceBackends(store: RunStore): Readonly<Record<string, string | undefined>> {
  return (store.get("backends") ?? {}) as Record<string, string>;
}

/**
 * Leaves `device` out for the rest of the run, and scores what is done by the devices that stay, so that all rewards of
 * the run compare. False where the run is to stop instead: by its configuration, or because no other device is left.
 */
export function leaveOut({ config, emit, store }: RunContext, device: string, reason: string): boolean {
  const left = activeDevices(store, config).filter(({ name }) => name !== device);
  if (config.deviceGone === "stop" || left.length === 0) return false;
  store.transaction(() => {
    const dropped: DroppedDevice = { device, reason, afterTrials: store.countFinished() };
    store.set("droppedDevices", [...droppedDevices(store), dropped]);
    const targets = activeTargets(store);
    const devices = targets.map(({ device }) => device);
    for (const role of ["baseline", "search"] as const) {
      for (const trial of store.trials(role)) {
        store.saveTrial(rescored(trial, {
          score: (measurements, accuracy) => scoreOf(config, targets, measurements, accuracy),
          scoreForeseen: (foreseen) => scoreForeseen(config, targets, foreseen),
          brokenLimit: (one) => brokenLimit(config, one, latenciesOn(one, devices)),
        }));
      }
    }
  });
  emit({
    type: "note",
    message: `Going on without device "${device}" for the rest of the run (${reason}). Rewards count ${
      left.map(({ name }) => name).join(", ")
    } from now on, those of earlier trials too.`,
  });
  const targets = activeTargets(store);
  if (targets.length > 0) emit({ type: "targets", targets });
  emit({ type: "rescored", trials: store.finishedTrials() });
  return true;
}
