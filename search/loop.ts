// The only place where ask -> measure -> train -> tell -> store happens.
import type { Trial } from "../src/schemas/trial.ts";
import { defaultControllerBatch } from "../src/schemas/presets.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import type { Controller, Sample } from "./controller.ts";
import type { Skipping } from "./skipping.ts";
import type { RunStore } from "./store/run_store.ts";
import { pendingTrial } from "./pending_trial.ts";
import { rescored } from "./rescoring.ts";
import { type RunnerDependencies, TrialRunner } from "./trial_runner.ts";

/** What the loop works with; all of it is handed in. */
export interface LoopDependencies extends RunnerDependencies {
  space: Pick<SearchSpace, "decode">;
  controller: Controller;
  store: RunStore;
  seedOf(number: number): number;
  skipping?: Skipping;
  /** A batch is complete and told. */
  onBatch?(): Promise<void>;
}

/**
 * Runs the search until `trials` trials are done, from where the store says it stands, `batch` of them between two
 * lessons of the controller. Returns all trials in ask order. The controller and the store change together, so a kill
 * between two of their writes loses no finished trial. Rejects as `TrialRunner.run` does: the batch is told once it is
 * complete, in a later call.
 */
export async function searchLoop(
  dependencies: LoopDependencies,
  options: { trials: number; batch?: number },
): Promise<Trial[]> {
  const { controller, seedOf, signal, skipping, space, store } = dependencies;
  const batchSize = options.batch ?? defaultControllerBatch(options.trials);
  const trials = store.trials("search");
  const state = store.controllerState();
  if (state) controller.restore(state.snapshot);
  const runner = new TrialRunner(dependencies, trials.filter((trial) => trial.state !== "pending"));
  let batch = state?.batch ?? -1;
  let open = state && !state.told ? trials.filter((trial) => trial.batch === batch) : [];
  skipping?.learn([...store.trials("baseline"), ...trials.filter((trial) => !open.includes(trial))]);
  for (;;) {
    signal?.throwIfAborted();
    if (open.length === 0) {
      const count = Math.min(batchSize, options.trials - trials.length);
      if (count <= 0) return trials;
      batch++;
      open = controller.ask(count).map(({ tokens }, index) => {
        const number = trials.length + index + 1;
        const architecture = space.decode(tokens);
        return pendingTrial({ number, role: "search", batch, tokens, architecture, seed: seedOf(number) });
      });
      trials.push(...open);
      store.saveController({ batch, told: false, snapshot: controller.snapshot() }, open);
    }
    const done = (await runner.run(open)).map((trial) => rescored(trial, dependencies));
    for (const trial of done) trials[trial.number - 1] = trial;
    controller.tell(done.map(({ number, tokens, reward }) => {
      const sample: Sample = { id: number - 1, tokens };
      return { sample, reward: reward ?? null };
    }));
    store.saveController({ batch, told: true, snapshot: controller.snapshot() }, [], controller.statistics());
    skipping?.learn(done);
    await dependencies.onBatch?.();
    open = [];
  }
}
