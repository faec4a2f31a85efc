// The options that give a run again, once it is known what was left to the machine: its data and its devices.
import { writeWhole } from "../src/data/write_whole.ts";
import { optionsOfConfig, type RunConfig } from "../src/schemas/run_config.ts";
import type { RunContext } from "./run_context.ts";
import { configuredDevices } from "./run_devices.ts";
import type { RunStore } from "./store/run_store.ts";

/** `config` with the dataset and the devices that "auto" and "all" came to in the run of `store`, as far as known. */
export function pinned(store: RunStore, config: RunConfig): RunConfig {
  const dataset = String(config.dataset === "auto" ? store.get("datasetName") ?? "auto" : config.dataset);
  const devices = config.devices.some(({ name }) => name === "all") ? configuredDevices(store, config) : config.devices;
  return { ...config, dataset, devices };
}

/** The options that give the run of `store` again, on the same data and devices also on another machine. */
export function runOptions(store: RunStore): Record<string, unknown> {
  return optionsOfConfig(pinned(store, store.get("config") as RunConfig));
}

/** Writes them into the run's folder. */
export async function writeOptions({ paths, store }: Pick<RunContext, "paths" | "store">): Promise<void> {
  await writeWhole(paths.options, `${JSON.stringify(runOptions(store), null, 2)}\n`);
}
