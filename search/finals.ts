// After the search: which weights are kept, and what the best students come to with a longer training.
import { Random } from "../src/data/random.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { Trial } from "../src/schemas/trial.ts";
import { paretoFront } from "./pareto.ts";
import { bestTrials, completedOn, type CompletedTrial, completedTrials } from "./completed_trials.ts";
import { sampledStudents, saveSampledStudent } from "./proxy_quality.ts";
import type { RunContext } from "./run_context.ts";
import { activeTargets } from "./run_devices.ts";
import type { Trained } from "./trainers/job.ts";

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

/**
 * Trains the best students and the baselines longer and scores them on the test part, each once; and a random sample of
 * the other students, which is not scored there. Without best students there are no baselines either.
 */
export async function trainFinals(
  context: RunContext,
  options: { sampleSeed: number; trainLonger: (trial: Trial, kind: FinalKind) => Promise<Trained> },
): Promise<void> {
  const { config, emit, paths, signal, store } = context;
  const trials = store.trials("search");
  const best = bestTrials(trials, config.finalTop);
  const finals = config.finalTop === 0 ? [] : [...best, ...completedTrials(store.trials("baseline"))];
  const sample = drawSample(trials, best, { count: config.finalSample, seed: options.sampleSeed });
  const [scored, sampled] = [store.finals(), sampledStudents(store)];
  const missing: [CompletedTrial, FinalKind][] = [
    ...finals.filter(({ role, number }) => !scored.some((final) => final.role === role && final.trial === number))
      .map((trial): [CompletedTrial, FinalKind] => [trial, "final"]),
    ...sample.filter(({ number }) => !sampled.some(({ trial }) => trial === number))
      .map((trial): [CompletedTrial, FinalKind] => [trial, "sample"]),
  ];
  const total = finals.length + sample.length;
  let done = total - missing.length;
  await Promise.all(missing.map(async ([trial, kind]) => {
    const { label, number, role } = trial;
    try {
      const { accuracy, steps, seconds, testAccuracy } = await options.trainLonger(trial, kind);
      const weights = paths.weights(role, number, kind);
      if (kind === "sample") {
        saveSampledStudent(store, { trial: number, accuracy });
        await Deno.remove(weights);
      } else if (testAccuracy === undefined) {
        throw new Error("it was not scored on the test images");
      } else {
        store.saveFinal({ trial: number, role, label, accuracy, testAccuracy, steps, trainSeconds: seconds, weights });
      }
    } catch (error) {
      signal?.throwIfAborted();
      emit({ type: "note", message: `Longer training of ${role} ${number} failed: ${(error as Error).message}` });
    }
    emit({ type: "progress", phase: "final", done: ++done, total, unit: "networks" });
  }));
  signal?.throwIfAborted();
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
