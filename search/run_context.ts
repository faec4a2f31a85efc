// What the parts of a run share.
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
}
