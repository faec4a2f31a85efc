// After the search: which weights are kept, and what the best students come to with a longer training.
import { Random } from "../src/data/random.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { paretoFront } from "./pareto.ts";
import { FaultRecord } from "./fault_record.ts";
import { OutsideFaultError, whyGivenUp } from "./outside_fault.ts";
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

/** A network to be trained longer, and as what. */
type Longer = [trial: CompletedTrial, kind: FinalKind];

/** A longer training that broke down. */
interface FailedFinal {
  trial: number;
  role: Trial["role"];
  kind: FinalKind;
  /** Starts of the run that ended by it. */
  starts: number;
  /** It is not tried again. */
  isOver: boolean;
  /** Why, in one line; absent before it is over, and in runs of before this was kept. */
  told?: string;
}

function failedFinals(store: RunStore): FailedFinal[] {
  return (store.get("failedFinals") ?? []) as FailedFinal[];
}

/** What became of the longer trainings that broke down for good, a line each. */
export function failedFinalsInWords(store: RunStore): string[] {
  return failedFinals(store).flatMap(({ told }) => told ?? []);
}

const isOf = ([{ number, role }, kind]: Longer) => (one: FailedFinal) =>
  one.trial === number && one.role === role && one.kind === kind;

function failedFinal(store: RunStore, longer: Longer): FailedFinal | undefined {
  return failedFinals(store).find(isOf(longer));
}

function keepFailure(store: RunStore, longer: Longer, failure: Pick<FailedFinal, "isOver" | "starts" | "told">): void {
  const [{ number, role }, kind] = longer;
  const others = failedFinals(store).filter((one) => !isOf(longer)(one));
  store.set("failedFinals", [...others, { trial: number, role, kind, ...failure } satisfies FailedFinal]);
}

/**
 * What comes of a longer training that broke down by `error`: why it is not tried again, or null where it is tried behind
 * the others. Throws an OutsideFaultError where the next start is to try it.
 */
function judgeFailure(
  store: RunStore,
  longer: Longer,
  { error, faults, isAlone }: { error: Error; faults: FaultRecord; isAlone: boolean },
): string | null {
  const [{ number, role }, kind] = longer;
  const name = trialName(longer[0]);
  const { starts = 0 } = failedFinal(store, longer) ?? {};
  const giveUp = (why: string): string => {
    const told = `Longer training of ${name} failed: ${why}`;
    keepFailure(store, longer, { starts, isOver: true, told });
    return told;
  };
  if (error instanceof JobError && error.student) {
    faults.gotThrough("training");
    return giveUp(error.message);
  }
  const fault = new OutsideFaultError(`longer training of ${name}: ${error.message}`, { cause: error });
  if (error instanceof JobError && error.storage) throw fault;
  const verdict = faults.judge({ key: `${role} ${number} ${kind}`, step: "training", starts, isAlone });
  if (verdict.type === "again") return null;
  if (verdict.type === "given up") return giveUp(whyGivenUp(error, starts + 1));
  if (verdict.charge) keepFailure(store, longer, { starts: starts + 1, isOver: false });
  throw fault;
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
      .map((trial): Longer => [trial, "final"]),
    ...sample.filter(({ number }) => !sampled.some(({ trial }) => trial === number))
      .map((trial): Longer => [trial, "sample"]),
  ].filter((longer) => !failedFinal(store, longer)?.isOver);
  const total = finals.length + sample.length;
  let done = total - missing.length;
  const faults = new FaultRecord({ trainers: config.trainers });
  const stop = new AbortController();

  /** False where it is to be tried again. */
  async function train(longer: Longer, isAlone: boolean): Promise<boolean> {
    const [trial, kind] = longer;
    const { label, number, role } = trial;
    let trained: Trained;
    try {
      trained = await options.trainLonger(trial, kind, stop);
    } catch (error) {
      signal?.throwIfAborted();
      // It was not begun.
      if (stop.signal.aborted && error === stop.signal.reason) return true;
      const message = judgeFailure(store, longer, { error: error as Error, faults, isAlone });
      if (message === null) return false;
      emit({ type: "note", message });
      emit({ type: "progress", phase: "final", done: ++done, total, unit: "networks" });
      return true;
    }
    faults.gotThrough("training");
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
    return true;
  }

  let left = missing;
  while (left.length > 0) {
    const settled = await Promise.allSettled(left.map((longer) =>
      train(longer, left.length === 1).catch((error) => {
        stop.abort();
        throw error;
      })
    ));
    signal?.throwIfAborted();
    for (const result of settled) if (result.status === "rejected") throw result.reason;
    left = left.filter((_, index) => {
      const result = settled[index];
      return result.status === "fulfilled" && !result.value;
    });
  }
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
