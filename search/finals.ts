// After the search: which weights are kept, and what the best students come to with a longer training.
import type { Trial } from "../src/schemas/trial.ts";
import { paretoFront } from "./pareto.ts";
import { bestTrials, completedOn, completedTrials } from "./result.ts";
import type { RunContext } from "./run_context.ts";
import { activeTargets } from "./run_devices.ts";
import type { Trained } from "./trainers/job.ts";

/** Trains the best students and the baselines longer and scores them on the test part, each once. */
export async function trainFinals(context: RunContext, trainLonger: (trial: Trial) => Promise<Trained>): Promise<void> {
  const { config, emit, signal, store } = context;
  const best = bestTrials(store.trials("search"), config.finalTop);
  const candidates = [...best, ...completedTrials(store.trials("baseline"))];
  const scored = store.finals();
  const missing = candidates.filter(({ role, number }) =>
    !scored.some((final) => final.role === role && final.trial === number)
  );
  let done = candidates.length - missing.length;
  await Promise.all(missing.map(async (trial) => {
    const { role, number, label } = trial;
    try {
      const { accuracy, testAccuracy = 0, steps, seconds } = await trainLonger(trial);
      const weights = context.paths.weights(role, number, "final");
      store.saveFinal({ trial: number, role, label, accuracy, testAccuracy, steps, trainSeconds: seconds, weights });
    } catch (error) {
      signal?.throwIfAborted();
      emit({ type: "note", message: `Longer training of ${role} ${number} failed: ${(error as Error).message}` });
    }
    emit({ type: "progress", phase: "final", done: ++done, total: candidates.length, unit: "networks" });
  }));
  signal?.throwIfAborted();
}

/** Removes the weights of students that stand neither on a front nor among the best. */
export async function dropWeights({ config, paths, store }: RunContext): Promise<void> {
  const trials = store.trials("search");
  const completed = completedTrials(trials);
  const fronts = activeTargets(store).flatMap(({ device }) => paretoFront(completedOn(trials, device)));
  const best = bestTrials(trials, Math.max(1, config.finalTop));
  const kept = new Set([...paretoFront(completed), ...fronts, ...best].map(({ number }) => number));
  for (const { number } of completed) {
    if (!kept.has(number)) await Deno.remove(paths.weights("search", number, "trial")).catch(() => {});
  }
}
