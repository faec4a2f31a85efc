// What the parts of a run share.
import type { openDevices, OpenDevicesOptions } from "../devices/mod.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { RunEvent } from "./events.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunStore } from "./store/run_store.ts";

export interface RunContext {
  config: RunConfig;
  paths: RunFolder;
  store: RunStore;
  signal?: AbortSignal;
  emit: (event: RunEvent) => void;
  /** Settles the pairing of a browser that is not known yet. */
  onPairing?: OpenDevicesOptions["onPairing"];
  /** In place of the real devices, for tests. */
  openDevices?: typeof openDevices;
}
