// A whole search from its configuration to its report: what happens before, around and after the loop.
import { hashSeed } from "../src/data/random.ts";
import { completeMethodOptions } from "../src/distill/methods.ts";
import { differingFields, type RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { createSpace } from "../src/spaces/table.ts";
import { baselineWidths, runBaselines } from "./baselines.ts";
import { createController } from "./controllers/table.ts";
import type { RunEvent, RunPhase } from "./events.ts";
import { dropWeights, trainFinals } from "./finals.ts";
import { type LoopDependencies, searchLoop } from "./loop.ts";
import { requireSearchFlags, searchMethod } from "./method.ts";
import { writeReport } from "./report/write_report.ts";
import { completedTrials, type SearchResult, searchResult } from "./result.ts";
import type { RunContext } from "./run_context.ts";
import { openData } from "./run_data.ts";
import { activeTargets } from "./run_devices.ts";
import { runFolder } from "./run_folder.ts";
import { findTargets, openLatencies } from "./run_latencies.ts";
import { openTeaching } from "./run_teaching.ts";
import { brokenLimit, scoreOf } from "./scoring.ts";
import { lockRun } from "./store/run_lock.ts";
import { RunStore } from "./store/run_store.ts";
import { TrainerPool } from "./trainers/pool.ts";

export interface RunOptions extends Pick<RunContext, "onPairing" | "openDevices"> {
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
}

/** The run exists with another configuration. */
export class OtherConfigurationError extends Error {
  override name = "OtherConfigurationError";
}

/**
 * Runs the search that `config` describes, or goes on with it where an earlier start ended.
 * Rejects with an OtherConfigurationError, an OutdatedRunError or a RunLockedError where the run is not to be touched,
 * with a DeviceGoneError where a device went away that it is not to go on without, with the signal's reason where aborted;
 * whatever was finished is stored then, and the same call goes on from there.
 */
export async function runSearch(given: RunConfig, options: RunOptions = {}): Promise<SearchResult> {
  const config = inFull(given);
  const paths = runFolder(config.dataDir, config.run);
  await Deno.mkdir(paths.folder, { recursive: true });
  using _lock = await lockRun(paths.folder, config.run);
  using store = new RunStore(paths.database);
  checkConfiguration(store, config);
  const emit = (event: RunEvent) => {
    try {
      options.onEvent?.(event);
    } catch {
      // A viewer that fails, for instance on a closed pipe, never harms the run.
    }
  };
  const started = performance.now();
  const secondsBefore = Number(store.get("seconds") ?? 0);
  const saveSeconds = () => store.set("seconds", secondsBefore + (performance.now() - started) / 1000);
  emit({ type: "start", run: config.run, trials: config.trials, stored: store.finishedTrials() });
  try {
    if (store.get("state") !== "complete") {
      const { onPairing, openDevices, signal } = options;
      await executeRun({ config, paths, store, emit, signal, onPairing, openDevices }, saveSeconds);
      store.set("state", "complete");
      saveSeconds();
    }
    await writeReport(store, paths, "complete");
    return searchResult(store, paths);
  } catch (error) {
    // Best effort, on a full disk for instance: the error that ended the run is the one to be told.
    try {
      saveSeconds();
      await writeReport(store, paths, "interrupted");
    } catch {
      throw error;
    }
    throw error;
  }
}

/** With the options of the method in full. Throws a UsageError where it is no method for searches. */
function inFull(config: RunConfig): RunConfig {
  const { name, options } = config.distiller;
  // The configuration has numbers for automatic teachers whether or not the user gave any.
  requireSearchFlags(searchMethod(name, options), {
    ...config,
    teacherEpochs: undefined,
    teacherTrainImages: undefined,
  });
  return { ...config, distiller: { name, options: completeMethodOptions(name, options) } };
}

function checkConfiguration(store: RunStore, config: RunConfig): void {
  const stored = store.get("config") as RunConfig | undefined;
  if (stored === undefined) {
    store.set("startedAt", new Date().toISOString());
    store.set("state", "running");
    // Last: a run that has a configuration has all of the above.
    store.set("config", config);
    return;
  }
  const fields = differingFields(stored, config);
  if (fields.length > 0) {
    throw new OtherConfigurationError(
      `run "${config.run}" exists with another configuration (${
        fields.join(", ")
      }); choose another --run, or delete it`,
    );
  }
}

async function executeRun(context: RunContext, saveSeconds: () => void): Promise<void> {
  const { config, emit, paths, signal, store } = context;
  await using cleanup = new AsyncDisposableStack();
  const phase = (name: RunPhase, message: string) => emit({ type: "phase", phase: name, message });

  const { file, data } = await openData(context);
  const { dataset } = data;
  const space = createSpace(config.space, { ...dataset, classes: dataset.classNames.length });
  const latencies = await openLatencies(context, cleanup);
  emit({ type: "targets", targets: await findTargets(context, latencies, space) });

  signal?.throwIfAborted();
  const engines = new Set<string>();
  const pool = new TrainerPool({
    trainers: config.trainers,
    backend: "auto",
    // Once for all trainers; again where a later engine is another one, for instance after a GPU was lost.
    onEngine({ description, reason }) {
      const message = `Training runs on ${description} (${reason}).`;
      if (engines.has(message)) return;
      engines.add(message);
      emit({ type: "note", message });
    },
    onProgress(trainer, progress) {
      const activity = progress ? `${progress.label}, step ${progress.step}/${progress.steps}` : "idle";
      emit({ type: "trainer", trainer, activity });
      if (progress?.label !== "teacher") return;
      emit({ type: "progress", phase: "teacher", done: progress.step, total: progress.steps, unit: "steps" });
    },
  });
  cleanup.defer(() => pool.close());
  // A kill of the trainers is what ends a training at once; what they had in work is redone by the next start.
  signal?.addEventListener("abort", () => pool.close(), { once: true });

  const job = { dataset: file, dataSeed: config.dataSeed, validationImages: config.validationImages };
  const teaching = await openTeaching(context, pool, data, job);
  const trainJob = (
    trial: Pick<Trial, "architecture" | "seed">,
    budget: { trainImages: number; epochs: number },
    weights: string,
  ) => ({
    ...job,
    ...budget,
    kind: "train" as const,
    architecture: trial.architecture,
    seed: trial.seed,
    batchSize: config.batchSize,
    views: config.views,
    peakLearningRate: config.learningRate,
    distiller: config.distiller.name,
    distillerOptions: config.distiller.options,
    ...teaching.part,
    weights,
  });
  const nameOf = (trial: Trial) => (trial.role === "search" ? `trial ${trial.number}` : `baseline ${trial.label}`);
  const dependencies: LoopDependencies = {
    space,
    controller: createController(config.controller, { decisions: space.decisions, seed: config.seed }),
    store,
    latencies,
    train: (trial) => {
      const budget = { trainImages: config.trainImages, epochs: config.epochs };
      const weights = paths.weights(trial.role, trial.number, "trial");
      return pool.train({ ...trainJob(trial, budget, weights), test: false }, nameOf(trial));
    },
    score: (measurements, accuracy) => scoreOf(config, activeTargets(store), measurements, accuracy),
    brokenLimit: (trial, latencyMs) => brokenLimit(config, trial, latencyMs),
    seedOf: (number) => hashSeed(config.seed, "trial", number),
    onTrial: (trial) => emit({ type: "trial", trial }),
    async onBatch() {
      saveSeconds();
      await dropWeights(context);
    },
    signal,
  };

  await teaching.ensure(config.views, config.trainImages);
  phase("baselines", `Training ${baselineWidths.length} width-scaled reference networks with the same budget.`);
  await runBaselines(context, dependencies, space);
  phase("search", `Searching: ${config.trials} trials, ${config.controller} controller, reward ${config.reward}.`);
  const trials = await searchLoop(dependencies, { trials: config.trials });
  if (completedTrials(trials).length === 0) {
    const reason = trials.find((trial) => trial.reason !== undefined)?.reason ?? "unknown";
    throw new Error(`none of the ${trials.length} trials was completed; the first: ${reason}`);
  }

  if (config.finalTop > 0) {
    await teaching.ensure(config.views, config.finalTrainImages);
    phase(
      "final",
      `Training the ${config.finalTop} best students and the baselines longer, then scoring them on test data.`,
    );
    await trainFinals(context, (trial) => {
      const budget = { trainImages: config.finalTrainImages, epochs: config.finalEpochs };
      const weights = paths.weights(trial.role, trial.number, "final");
      const seeded = { architecture: trial.architecture, seed: hashSeed(trial.seed, "final") };
      return pool.train({ ...trainJob(seeded, budget, weights), test: true }, `final ${nameOf(trial)}`);
    });
  }
  phase("report", "Writing the report.");
}
