// Latency tables of a run: those it starts from, and those it leaves for others.
import { UsageError } from "../src/cli/usage_error.ts";
import { writeWhole } from "../src/data/write_whole.ts";
import { formatMilliseconds } from "../src/cli/format.ts";
import { type Architecture, architectureHash, contentHash } from "../src/schemas/architecture.ts";
import type { LatencyPrediction } from "./latency/foresight.ts";
import { LatencyPredictor, leastObservations } from "./latency/predictor.ts";
import { type LatencyTable, readLatencyTable } from "./latency/latency_table.ts";
import { LatencyPredictors } from "./latency/predictors.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import type { RunContext } from "./run_context.ts";
import { activeTargets, allTargets, configuredDevices, deviceBackends } from "./run_devices.ts";
import { rewardIfPerfect } from "./scoring.ts";

/**
 * How many times slower or faster than here a table may have the reference network: well beyond what two sessions on one
 * machine differ by. What they do differ by is taken out of the table.
 */
const mostRatio = 1.3;

/**
 * The tables of `--latency-table`. UsageError where one cannot be read, or two are of one device; Error where they are
 * not those of the run's first start, since other trials would follow.
 */
export function loadTables({ config, store }: RunContext): LatencyTable[] {
  const tables = config.latencyTable.map((path) => {
    try {
      return readLatencyTable(path);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  });
  for (const [index, { device: { name } }] of tables.entries()) {
    const first = tables.findIndex(({ device }) => device.name === name);
    if (first === index) continue;
    const [one, other] = [config.latencyTable[first], config.latencyTable[index]];
    throw new UsageError(`--latency-table ${other}: it is of device "${name}", and so is ${one}; give one of them`);
  }
  const hashes = tables.map((table) => contentHash(table));
  const known = store.get("latencyTables");
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(hashes)) {
    throw new Error(`run "${config.run}" was begun with other latency tables than these now are; choose another --run`);
  }
  store.set("latencyTables", hashes);
  return tables;
}

/** What a table foresees of a network that it lacks; undefined by too small a table. */
function foreseenBy(table: LatencyTable, architecture: Architecture): LatencyPrediction | undefined {
  const predictor = new LatencyPredictor(table);
  predictor.restore(table);
  return predictor.ready ? predictor.predict(architecture) : undefined;
}

/** By how much the latencies of each table are to be multiplied to be those of this run's session. */
function scalesOf(context: RunContext, tables: readonly LatencyTable[], space: SearchSpace): number[] {
  const { config, emit, store } = context;
  const reference = space.reference(1);
  const names = configuredDevices(store, config).map(({ name }) => name);
  const backends = deviceBackends(store);
  const measured = store.measurements();
  return tables.map((table, index) => {
    const refuse = (why: string): never => {
      throw new UsageError(`--latency-table ${config.latencyTable[index]}: ${why}`);
    };
    const { backend, device: { description, name }, observations, runtime } = table;
    if (!names.includes(name)) refuse(`it is of device "${name}", the search is on ${names.join(", ")}`);
    if (runtime !== config.runtime) refuse(`it is of runtime ${runtime}, the search is on ${config.runtime}`);
    // None where the device did not come, and the search goes on without it.
    const known = measured.find(({ backend, device }) => device.name === name && backend === backends[name]);
    if (known === undefined) return 1;
    if (backend !== known.backend) refuse(`its ${name} ran on "${backend}", here it runs on "${known.backend}"`);
    // A name alone says little: every machine is "here" to itself.
    if (description !== known.device.description) {
      refuse(`its ${name} is "${description}", here it is "${known.device.description}"`);
    }
    const here = store.measurement(architectureHash(reference), name, runtime, backend)?.latencyMs;
    if (here === undefined) return 1;
    const tooFar = (theirs: number): never => {
      const [then, now] = [theirs, here].map(formatMilliseconds);
      return refuse(`by it the reference network takes ${then} ms on ${name}, here it takes ${now} ms: too far apart`);
    };
    const theirs = observations.find((one) => one.architectureHash === architectureHash(reference))?.latencyMs;
    if (theirs === undefined) {
      const foreseen = foreseenBy(table, reference);
      if (foreseen && (foreseen.lowMs / mostRatio > here || here > foreseen.highMs * mostRatio)) {
        return tooFar(foreseen.latencyMs);
      }
      const message = `--latency-table ${config.latencyTable[index]}: it lacks this search's reference network, so ` +
        `whether ${name} is as fast as it was then is not known; nothing is foreseen from it before ` +
        `${leastObservations} networks of this search were timed too.`;
      emit({ type: "note", message });
      return 1;
    }
    const ratio = theirs / here;
    return ratio > mostRatio || ratio < 1 / mostRatio ? tooFar(theirs) : 1 / ratio;
  });
}

/**
 * `tables` with latencies as of this run's session, by its reference network: a machine is some percent faster or slower
 * at another time, and a student that seems slower than it is would never be timed. Throws a UsageError where a table is
 * not of a device of the run as the reference network was measured there: of the same machine, runtime and backend, and
 * about as fast. For after the targets were found.
 */
export function fitTables(
  context: RunContext,
  tables: readonly LatencyTable[],
  space: SearchSpace,
): readonly LatencyTable[] {
  const { store } = context;
  let scales = store.get("latencyTableScales") as number[] | undefined;
  if (scales === undefined) {
    // A run that has begun to search goes on as it began.
    if (store.trials("search").length > 0) return tables;
    scales = scalesOf(context, tables, space);
    store.set("latencyTableScales", scales);
  }
  return tables.map((table, index) => ({
    ...table,
    observations: table.observations.map((one) => ({ ...one, latencyMs: one.latencyMs * scales[index] })),
  }));
}

/**
 * Predictors that know `tables`, which were fitted to the run, and what they are told of the run. A table without the
 * `reference` network is of another space or of other images, and says little of the run's students alone.
 */
export function openPredictors(
  { config, store }: RunContext,
  tables: readonly LatencyTable[],
  reference: Architecture,
): LatencyPredictors {
  const { combine, maxLatencyMs, runtime } = config;
  const predictors = new LatencyPredictors({
    runtime,
    rule: () => {
      const targets = activeTargets(store);
      return { targets, combine, maxLatencyMs, rewardIfPerfect: (ms) => rewardIfPerfect(config, targets, ms) };
    },
  });
  const referenceHash = architectureHash(reference);
  for (const table of tables) {
    const isOfOthers = !table.observations.some(({ architectureHash }) => architectureHash === referenceHash);
    predictors.load(table, { ownFirst: isOfOthers ? leastObservations : 0 });
  }
  return predictors;
}

/** Writes what was learned, of tables and all measurements of the run, as one table per device in the run's folder. */
export async function writeTables(
  context: RunContext,
  tables: readonly LatencyTable[],
  reference: Architecture,
): Promise<void> {
  const { paths, store } = context;
  const predictors = openPredictors(context, tables, reference);
  for (const trial of [...store.trials("baseline"), ...store.trials("search")]) predictors.observe(trial);
  const devices = allTargets(store).map(({ device }) => device);
  for (const table of predictors.tables().filter(({ device }) => devices.includes(device.name))) {
    await writeWhole(paths.latencyTable(table.device.name), `${JSON.stringify(table)}\n`);
  }
}
