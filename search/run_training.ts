// How the students of a run are trained: briefly, at length, and from which weights.
import { fileExists } from "../src/data/file_exists.ts";
import { hashSeed } from "../src/data/random.ts";
import type { TrainingData } from "../src/data/training_data.ts";
import { fileHash, teacherViews } from "../src/distill/built_in_teacher.ts";
import { writeWhole } from "../src/data/write_whole.ts";
import type { Architecture } from "../src/schemas/architecture.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { type FinalKind, keptTrials } from "./finals.ts";
import type { OpenedSpace } from "./open_space.ts";
import { type BackboneOptions, backboneSeed, ensureBackbone } from "./run_backbone.ts";
import type { RunContext } from "./run_context.ts";
import { activeTargets } from "./run_devices.ts";
import type { Teaching } from "./run_teaching.ts";
import type { Trained, TrainJob } from "./trainers/job.ts";
import type { TrainerPool } from "./trainers/pool.ts";
import { longerStart, nearestParent, sharedParameters } from "./warm_start.ts";

/** The trainings of a run. All reject as `TrainerPool.train` does. */
export interface Trainings {
  /** Trains with the budget of a trial, from the weights of `trial.startedFrom`. */
  train(trial: Trial, options: { signal: AbortSignal }): Promise<Trained>;
  /** Trains with the budget of the end, from the backbone where the network has any of it, else from scratch. */
  trainLonger(trial: Trial, kind: FinalKind, options: { signal: AbortSignal }): Promise<Trained>;
  /**
   * The trial whose weights a trial's training starts from, 0 for the backbone, undefined for none. It goes by
   * completed batches: what is kept of them lasts until the trial's own batch is complete.
   */
  startOf(trial: Trial): number | undefined;
}

/**
 * Sees that the run's folder holds the backbone that the run was begun from. It is a copy: the cache, which has one per
 * number of cores since they round differently, can be cleared, and a run goes on after a change of machine.
 */
async function openBackbone({ config, emit, paths, store }: RunContext, options: BackboneOptions): Promise<void> {
  emit({ type: "phase", phase: "teacher", message: "Preparing the backbone, the network that students grow from." });
  const known = store.get("backboneHash");
  if (known !== undefined && fileExists(paths.backbone) && await fileHash(paths.backbone) === known) return;
  const { file, hash } = await ensureBackbone(options);
  if (known !== undefined && known !== hash) {
    throw new Error(`run "${config.run}" was begun from another backbone than this one now is; choose another --run`);
  }
  await writeWhole(paths.backbone, await Deno.readFile(file));
  store.set("backboneHash", hash);
}

/** Opens the trainings of a run; a space that grows a backbone has it trained first, or taken from the cache. */
export async function openTrainings(
  context: RunContext,
  { data, job, pool, space, teaching }: {
    data: TrainingData;
    job: Pick<TrainJob, "dataset" | "dataSeed" | "validationImages">;
    pool: TrainerPool;
    space: OpenedSpace;
    teaching: Teaching;
  },
): Promise<Trainings> {
  const { config, emit, paths, store } = context;
  const { batchSize, dataSeed, learningRate: peakLearningRate, views } = config;
  if (space.backbone) {
    await openBackbone(context, {
      pool,
      data,
      cacheDir: paths.cache,
      freshSince: teaching.part.freshSince,
      architecture: space.backbone,
      weights: space.backboneWeights,
      job: {
        ...job,
        seed: backboneSeed(dataSeed),
        trainImages: config.teacherTrainImages,
        epochs: config.teacherEpochs,
        views: teacherViews(views, config.teacherEpochs),
        batchSize,
        peakLearningRate,
      },
      onNote: (message) => emit({ type: "note", message }),
    });
  }
  /** Whether a network takes any weights of the backbone; one of another width, as baselines have, takes none. */
  const grows = (architecture: Architecture) =>
    space.backbone !== undefined && sharedParameters(space.backbone, architecture) > 0;
  const weightsOf = (number: number) => number === 0 ? paths.backbone : paths.weights("search", number, "trial");

  const trainJob = (
    { architecture, seed }: Pick<Trial, "architecture" | "seed">,
    budget: Pick<TrainJob, "epochs" | "startFrom" | "test" | "trainImages" | "weights">,
  ): TrainJob => ({
    ...job,
    ...budget,
    ...{ kind: "train", architecture, seed, batchSize, views, peakLearningRate },
    distiller: config.distiller.name,
    distillerOptions: config.distiller.options,
    ...teaching.part,
  });

  // The same for all trials of a batch.
  let candidates: { batch: number; trials: Pick<Trial, "architecture" | "number">[] } | undefined;
  const candidatesOf = (batch: number) => {
    if (candidates?.batch === batch) return candidates.trials;
    const told = store.trials("search").filter((trial) => trial.batch < batch);
    const devices = activeTargets(store).map(({ device }) => device);
    const kept = keptTrials(told, { devices, best: Math.max(1, config.finalTop) })
      // What was dropped before a device left the run cannot be had again.
      .filter(({ number }) => fileExists(paths.weights("search", number, "trial")));
    const trials = [...(space.backbone ? [{ number: 0, architecture: space.backbone }] : []), ...kept];
    candidates = { batch, trials };
    return trials;
  };

  return {
    startOf({ architecture, batch, role }) {
      if (role === "baseline" || !config.warmStart) return grows(architecture) ? 0 : undefined;
      return nearestParent(architecture, candidatesOf(batch))?.number;
    },
    train(trial, options) {
      const { number, role, startedFrom } = trial;
      return pool.train(
        trainJob(trial, {
          trainImages: config.trainImages,
          epochs: config.epochs,
          weights: paths.weights(role, number, "trial"),
          startFrom: startedFrom === undefined ? undefined : weightsOf(startedFrom),
          test: false,
        }),
        nameOf(trial),
        options,
      );
    },
    trainLonger(trial, kind, options) {
      const seeded = { architecture: trial.architecture, seed: hashSeed(trial.seed, "final") };
      return pool.train(
        trainJob(seeded, {
          trainImages: config.finalTrainImages,
          epochs: config.finalEpochs,
          weights: paths.weights(trial.role, trial.number, kind),
          startFrom: longerStart(store, trial) === undefined ? undefined : paths.backbone,
          test: kind === "final",
        }),
        `final ${nameOf(trial)}`,
        options,
      );
    },
  };
}

function nameOf({ label, number, role }: Trial): string {
  return role === "search" ? `trial ${number}` : `baseline ${label}`;
}
