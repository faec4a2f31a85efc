// Latency tables of a run: those it starts from, and those it leaves for others.
import { UsageError } from "../src/cli/usage_error.ts";
import { writeWhole } from "../src/data/write_whole.ts";
import { contentHash } from "../src/schemas/architecture.ts";
import { type LatencyTable, readLatencyTable } from "./latency/latency_table.ts";
import { LatencyPredictors } from "./latency/predictors.ts";
import type { RunContext } from "./run_context.ts";
import { activeTargets } from "./run_devices.ts";

/**
 * The tables of `--latency-table`. UsageError where one cannot be read; Error where they are not those of the run's
 * first start, since other trials would follow.
 */
export function loadTables({ config, store }: RunContext): LatencyTable[] {
  const tables = config.latencyTable.map((path) => {
    try {
      return readLatencyTable(path);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  });
  const hashes = tables.map((table) => contentHash(table));
  const known = store.get("latencyTables");
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(hashes)) {
    throw new Error(`run "${config.run}" was begun with other latency tables than these now are; choose another --run`);
  }
  store.set("latencyTables", hashes);
  return tables;
}

/** Predictors that know `tables` and what they are told of the run. UsageError on tables of another runtime. */
export function openPredictors({ config, store }: RunContext, tables: readonly LatencyTable[]): LatencyPredictors {
  const { combine, exponents, farFactor, maxLatencyMs, reward, runtime } = config;
  const predictors = new LatencyPredictors({
    runtime,
    rule: () => ({ targets: activeTargets(store), combine, reward, exponents, maxLatencyMs, farFactor }),
  });
  for (const table of tables) {
    try {
      predictors.load(table);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  }
  return predictors;
}

/** Writes what was learned, of tables and all measurements of the run, as one table per device in the run's folder. */
export async function writeTables(context: RunContext, tables: readonly LatencyTable[]): Promise<void> {
  const { paths, store } = context;
  const predictors = openPredictors(context, tables);
  for (const trial of [...store.trials("baseline"), ...store.trials("search")]) predictors.observe(trial);
  for (const table of predictors.tables()) {
    await writeWhole(paths.latencyTable(table.device.name), `${JSON.stringify(table)}\n`);
  }
}
