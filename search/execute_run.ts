// The stages of a run in their order: data, devices, teacher, baselines, search, final training.
import { hashSeed } from "../src/data/random.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { isAccuracyAlone } from "../src/schemas/run_config.ts";
import { baselineWidths, runBaselines } from "./baselines.ts";
import { whyNoneCompleted } from "./completed_trials.ts";
import { createController } from "./controllers/table.ts";
import type { RunPhase } from "./events.ts";
import { trainFinals, trainsLonger, weightsDropper } from "./finals.ts";
import { latenciesOn } from "./latency/measurement_on.ts";
import { fitTables, loadTables, openPredictors, writeTables } from "./latency_tables.ts";
import { type LoopDependencies, searchLoop } from "./loop.ts";
import { openSpace, requireBackboneWithin } from "./open_space.ts";
import type { RunContext } from "./run_context.ts";
import { openData } from "./run_data.ts";
import { activeTargets } from "./run_devices.ts";
import { findTargets, openLatencies, requireReplayed } from "./run_latencies.ts";
import { writeOptions } from "./run_options.ts";
import { openTeaching } from "./run_teaching.ts";
import { openTrainings } from "./run_training.ts";
import { brokenLimit, scoreForeseen, scoreOf } from "./scoring.ts";
import { Skipping } from "./skipping.ts";
import { TrainerPool } from "./trainers/pool.ts";

/** All trials of the run ended, and none was completed: there is nothing to go on with. */
export class NothingCompletedError extends Error {
  override name = "NothingCompletedError";
}

function requireCompleted({ config, store }: RunContext): void {
  const why = whyNoneCompleted(store.trials("search"), config.trials);
  if (why === undefined) return;
  throw new NothingCompletedError(`${why}. Change the options, under another --run: this run has no trial left`);
}

/** A heavy weight cuts all rewards off at 0. */
function noteWorthless({ config, emit, store }: RunContext): void {
  const rewards = store.trials("baseline").flatMap(({ reward }) => reward ?? []);
  if (config.reward !== "absolute" || rewards.length === 0 || rewards.some((reward) => reward > 0)) return;
  const message =
    "All reference networks have reward 0, and so may all students: the search then has nothing to learn " +
    "from. Another --absolute-weight, nearer to 0, or another target changes that.";
  emit({ type: "note", message });
}

/** Does what is left of the run; all that is finished is stored at once. Rejects as `runSearch` does. */
export async function executeRun(context: RunContext): Promise<void> {
  const { config, emit, signal, store } = context;
  // Before devices and teachers are waited for.
  requireCompleted(context);
  await using cleanup = new AsyncDisposableStack();
  const phase = (name: RunPhase, message: string) => emit({ type: "phase", phase: name, message });

  requireReplayed(config);
  const { file, data } = await openData(context);
  const { channels, classNames, height, width } = data.dataset;
  const io = { height, width, channels, classes: classNames.length };
  const space = await openSpace(config.space, { ...config.spaceOptions, ...io }).catch((error) => {
    throw error instanceof RangeError ? new UsageError(`--space ${config.space}: ${error.message}`) : error;
  });
  requireBackboneWithin(config, space);
  const loaded = loadTables(context);
  const latencies = await openLatencies(context, cleanup);
  emit({ type: "targets", targets: await findTargets(context, latencies, space) });
  const tables = fitTables(context, loaded, space);
  const predictors = config.foresee ? openPredictors(context, tables, space.reference(1)) : undefined;
  await writeOptions(context);
  if (isAccuracyAlone(config)) emit({ type: "note", message: "Rewards are accuracies alone, under the limits given." });

  signal?.throwIfAborted();
  const pool = openPool(context, cleanup);
  const job = { dataset: file, dataSeed: config.dataSeed, validationImages: config.validationImages };
  const teaching = await openTeaching(context, pool, data, job);
  const trainings = await openTrainings(context, { data, job, pool, space, teaching });
  const devices = () => activeTargets(store).map(({ device }) => device);
  const dropWeights = weightsDropper(context);
  const score: LoopDependencies["score"] = (measurements, accuracy) =>
    scoreOf(config, activeTargets(store), measurements, accuracy);
  const dependencies: LoopDependencies = {
    space,
    controller: createController(config.controller, {
      ...config.controllerOptions,
      decisions: space.decisions,
      seed: config.seed,
    }),
    store,
    latencies,
    train: trainings.train,
    startOf: trainings.startOf,
    score,
    scoreForeseen: (foreseen) => scoreForeseen(config, activeTargets(store), foreseen),
    brokenLimit: (trial) => brokenLimit(config, trial, latenciesOn(trial, devices())),
    skipping: new Skipping({
      predictors,
      prune: config.prune,
      devices,
      score,
    }),
    seedOf: (number) => hashSeed(config.seed, "trial", number),
    trainers: config.trainers,
    onTrial: (trial) => emit({ type: "trial", trial }),
    onBatch: dropWeights,
    signal,
  };

  await teaching.ensure(config.views, config.trainImages);
  phase("baselines", `Training ${baselineWidths.length} width-scaled reference networks with the same budget.`);
  await runBaselines(context, dependencies, space);
  noteWorthless(context);
  const reward = isAccuracyAlone(config)
    ? "accuracy alone"
    : config.exponents
    ? `exponents ${config.exponents.join(", ")}`
    : config.reward;
  phase("search", `Searching: ${config.trials} trials, ${config.controller} controller, reward ${reward}.`);
  await searchLoop(dependencies, { trials: config.trials, batch: config.controllerBatch });
  requireCompleted(context);
  await writeTables(context, tables, space.reference(1));

  if (trainsLonger(config)) {
    await teaching.ensure(config.views, config.finalTrainImages);
    phase("final", finalWords(config));
    const sampleSeed = hashSeed(config.seed, "final sample");
    await trainFinals(context, { sampleSeed, trainLonger: trainings.trainLonger });
    if (config.finalTop > 0) await teaching.scoreOnTest();
  }
  phase("report", "Writing the report.");
}

function finalWords({ finalSample, finalTop }: RunContext["config"]): string {
  const drawn = (students: string) => `${students}, drawn at random, to see how well trials told`;
  if (finalTop === 0) return `Training ${drawn(`${finalSample} students`)}, longer.`;
  const sample = finalSample > 0 ? `; and ${drawn(`${finalSample} others`)}` : "";
  return `Training the ${finalTop} best students and the baselines longer, then scoring them on test data${sample}.`;
}

/** The trainers of the run, closed by `cleanup` or an abort. */
function openPool({ config, emit, signal }: RunContext, cleanup: AsyncDisposableStack): TrainerPool {
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
      if (progress?.label !== "teacher" && progress?.label !== "backbone") return;
      emit({ type: "progress", phase: "teacher", done: progress.step, total: progress.steps, unit: "steps" });
    },
  });
  cleanup.defer(() => pool.close());
  // A kill of the trainers is what ends a training at once; what they had in work is redone by the next start.
  signal?.addEventListener("abort", () => pool.close(), { once: true });
  return pool;
}
