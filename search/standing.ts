// How a stored run stands: what is written in it, and whether a process works on it at this moment.
import type { RunConfig } from "../src/schemas/run_config.ts";
import { whyNoneCompleted } from "./completed_trials.ts";
import { isLocked } from "./store/run_lock.ts";
import type { RunStore } from "./store/run_store.ts";

/** `interrupted`: the same command goes on with it. `failed`: all its trials ended, and none was completed. */
export type Standing = "running" | "complete" | "interrupted" | "failed";

/** The standing of the run in `store`, where no process works on it. */
export function standingAtRest(store: RunStore): Exclude<Standing, "running"> {
  if (store.get("state") === "complete") return "complete";
  const { trials } = store.get("config") as RunConfig;
  return whyNoneCompleted(store.trials("search"), trials) === undefined ? "interrupted" : "failed";
}

/** The standing of the run in `store`, whose folder is `folder`. The store alone cannot tell a run that was killed. */
export function standingOf(store: RunStore, folder: string): Standing {
  // Asked first: a run that ends in between has written so by then.
  const isRunning = isLocked(folder);
  const standing = standingAtRest(store);
  return isRunning && standing !== "complete" ? "running" : standing;
}
