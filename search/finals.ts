// After the search: which weights are kept, and what the best students come to with a longer training.
import { Random } from "../src/data/random.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { paretoFront } from "./pareto.ts";
import { mostFaultyStarts, OutsideFaultError, whyGivenUp } from "./outside_fault.ts";
import { trialName } from "./report/student_points.ts";
import { bestTrials, completedOn, type CompletedTrial, completedTrials } from "./completed_trials.ts";
import { sampledStudents, saveSampledStudent } from "./proxy_quality.ts";
import type { RunContext } from "./run_context.ts";
import { activeTargets } from "./run_devices.ts";
import type { RunStore } from "./store/run_store.ts";
import type { Trained } from "./trainers/job.ts";
import { JobError } from "./trainers/pool.ts";

/** What students are trained to at the end. */
export type FinalKind = "final" | "sample";

/** Whether any student is trained longer at the end. */
export function trainsLonger({ finalSample, finalTop }: Pick<RunConfig, "finalSample" | "finalTop">): boolean {
  return finalTop > 0 || finalSample > 0;
}

/** `count` of the completed search trials that are not among `best`, drawn by `seed`, in ask order. */
export function drawSample(
  trials: readonly Trial[],
  best: readonly CompletedTrial[],
  { count, seed }: { count: number; seed: number },
): CompletedTrial[] {
  const others = completedTrials(trials).filter(({ number }) => !best.some((one) => one.number === number));
  new Random(seed).shuffle(others);
  return others.slice(0, count).sort((a, b) => a.number - b.number);
}

/** A longer training that did not come to its end. */
interface FailedFinal {
  trial: number;
  role: Trial["role"];
  kind: FinalKind;
  /** Starts of the run in which it broke down. */
  starts: number;
  /** It is not tried again. */
  isOver: boolean;
}

function failedFinals(store: RunStore): FailedFinal[] {
  return (store.get("failedFinals") ?? []) as FailedFinal[];
}

function failedFinal(store: RunStore, { number, role }: Trial, kind: FinalKind): FailedFinal | undefined {
  return failedFinals(store).find((one) => one.trial === number && one.role === role && one.kind === kind);
}

/**
 * Keeps that the longer training of `trial` broke down by `error`, and says why it is not tried again. Throws an
 * OutsideFaultError where the next start is to try it: the fault is not the student's, and may have passed by then.
 */
function keepFailure(store: RunStore, trial: Trial, kind: FinalKind, error: Error): string {
  const fault = new OutsideFaultError(`longer training of ${trialName(trial)}: ${error.message}`, { cause: error });
  const isStudents = error instanceof JobError && error.student;
  if (error instanceof JobError && error.storage) throw fault;
  const before = failedFinal(store, trial, kind);
  const starts = (before?.starts ?? 0) + 1;
  const isOver = isStudents || starts >= mostFaultyStarts;
  store.set("failedFinals", [
    ...failedFinals(store).filter((one) => one.trial !== trial.number || one.role !== trial.role || one.kind !== kind),
    { trial: trial.number, role: trial.role, kind, starts, isOver } satisfies FailedFinal,
  ]);
  if (!isOver) throw fault;
  return `Longer training of ${trialName(trial)} failed: ${isStudents ? error.message : whyGivenUp(error, starts)}`;
}

/**
 * Trains the best students and the baselines longer and scores them on the test part, each once; and a random sample of
 * the other students, which is not scored there. Without best students there are no baselines either. Rejects with an
 * OutsideFaultError once what was under way is finished; a later call trains what is missing.
 */
export async function trainFinals(
  context: RunContext,
  options: {
    sampleSeed: number;
    /** Rejects as `TrainerPool.train` does. */
    trainLonger: (trial: Trial, kind: FinalKind, options: { signal: AbortSignal }) => Promise<Trained>;
  },
): Promise<void> {
  const { config, emit, paths, signal, store } = context;
  const trials = store.trials("search");
  const best = bestTrials(trials, config.finalTop);
  const finals = config.finalTop === 0 ? [] : [...best, ...completedTrials(store.trials("baseline"))];
  const sample = drawSample(trials, best, { count: config.finalSample, seed: options.sampleSeed });
  const [scored, sampled] = [store.finals(), sampledStudents(store)];
  const missing = [
    ...finals.filter(({ role, number }) => !scored.some((final) => final.role === role && final.trial === number))
      .map((trial): [CompletedTrial, FinalKind] => [trial, "final"]),
    ...sample.filter(({ number }) => !sampled.some(({ trial }) => trial === number))
      .map((trial): [CompletedTrial, FinalKind] => [trial, "sample"]),
  ].filter(([trial, kind]) => !failedFinal(store, trial, kind)?.isOver);
  const total = finals.length + sample.length;
  let done = total - missing.length;
  const stop = new AbortController();

  async function train([trial, kind]: [CompletedTrial, FinalKind]): Promise<void> {
    const { label, number, role } = trial;
    let trained: Trained;
    try {
      trained = await options.trainLonger(trial, kind, stop);
    } catch (error) {
      signal?.throwIfAborted();
      // It was not begun.
      if (stop.signal.aborted && error === stop.signal.reason) return;
      emit({ type: "note", message: keepFailure(store, trial, kind, error as Error) });
      emit({ type: "progress", phase: "final", done: ++done, total, unit: "networks" });
      return;
    }
    const { accuracy, steps, seconds, testAccuracy } = trained;
    const weights = paths.weights(role, number, kind);
    if (kind === "sample") {
      saveSampledStudent(store, { trial: number, accuracy });
      await Deno.remove(weights);
    } else if (testAccuracy === undefined) {
      throw new TypeError(`${trialName(trial)} was not scored on the test images`);
    } else {
      store.saveFinal({ trial: number, role, label, accuracy, testAccuracy, steps, trainSeconds: seconds, weights });
    }
    emit({ type: "progress", phase: "final", done: ++done, total, unit: "networks" });
  }

  const settled = await Promise.allSettled(missing.map((one) =>
    train(one).catch((error) => {
      stop.abort();
      throw error;
    })
  ));
  signal?.throwIfAborted();
  for (const result of settled) if (result.status === "rejected") throw result.reason;
}

/** The completed trials whose weights are kept: those on a front, over all devices or one, and the `best` best. */
export function keptTrials(
  trials: readonly Trial[],
  { best, devices }: { devices: readonly string[]; best: number },
): CompletedTrial[] {
  const completed = completedTrials(trials);
  const fronts = devices.flatMap((device) => paretoFront(completedOn(trials, device)));
  const kept = new Set([...paretoFront(completed), ...fronts, ...bestTrials(trials, best)].map(({ number }) => number));
  return completed.filter(({ number }) => kept.has(number));
}

/**
 * A function that removes the weights of students that are not kept, of trials that are finished only; each once, so
 * that a long search does not try all of them after every batch.
 */
export function weightsDropper({ config, paths, store }: RunContext): () => Promise<void> {
  const dropped = new Set<number>();
  return async () => {
    const trials = store.trials("search");
    const devices = activeTargets(store).map(({ device }) => device);
    const kept = new Set(
      keptTrials(trials, { devices, best: Math.max(1, config.finalTop) }).map(({ number }) => number),
    );
    for (const { number } of completedTrials(trials)) {
      if (kept.has(number) || dropped.has(number)) continue;
      dropped.add(number);
      await Deno.remove(paths.weights("search", number, "trial")).catch(() => {});
    }
  };
}
