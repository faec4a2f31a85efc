// The only place where ask -> measure -> train -> tell -> store happens.
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../src/schemas/architecture.ts";
import type { Measurement } from "../src/schemas/measurement.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import type { Controller, Sample } from "./controller.ts";
import type { LatencySource } from "./latency/latency_source.ts";
import type { RunStore } from "./store/run_store.ts";
import { JobError } from "./trainers/pool.ts";
import type { Trained } from "./trainers/job.ts";

/** What the loop works with; all of it is handed in. */
export interface LoopDependencies {
  space: SearchSpace;
  controller: Controller;
  store: RunStore;
  latencies: LatencySource;
  /** Trains the trial's network briefly and saves its weights. Rejects with a JobError. */
  train(trial: Trial): Promise<Trained>;
  /** The trial's latency over all devices, in milliseconds of the first, and its reward at `accuracy`. */
  score(measurements: readonly Measurement[], accuracy: number): { latencyMs: number; reward: number };
  /** Why a network breaks a hard limit; undefined where it keeps them. `latencyMs` only once it is measured. */
  brokenLimit(trial: Trial, latencyMs?: number): string | undefined;
  seedOf(number: number): number;
  onTrial(trial: Trial): void;
  /** A batch is complete and told. */
  onBatch?(): Promise<void>;
  signal?: AbortSignal;
}

// So many trials in a row that failed outside the student: something is broken that further trials will not mend.
const failuresInARow = 5;

/** Trials per batch: the controller's minibatch for a search of `trials`. */
export function batchSize(trials: number): number {
  return Math.min(20, Math.max(2, Math.floor(trials / 8)));
}

/** A trial that waits to be measured and trained. */
export function pendingTrial(
  fields: Pick<Trial, "number" | "role" | "label" | "batch" | "tokens" | "seed"> & { architecture: Architecture },
): Trial {
  return {
    ...fields,
    architectureHash: architectureHash(fields.architecture),
    parameters: countParameters(fields.architecture),
    multiplyAdds: countMultiplyAdds(fields.architecture),
    state: "pending",
    measurements: [],
  };
}

function finished(trial: Trial, result: Partial<Trial> & Pick<Trial, "state">): Trial {
  return { ...trial, ...result, completedAt: new Date().toISOString() };
}

/** Measures and trains trials; each ends completed, failed or infeasible, and is stored at that moment. */
export class TrialRunner {
  readonly #dependencies: LoopDependencies;
  /** The trials by network that are done or in work, so that no network is trained twice. */
  readonly #first = new Map<string, { number: number; outcome: Promise<Trial> }>();

  constructor(dependencies: LoopDependencies, done: readonly Trial[]) {
    this.#dependencies = dependencies;
    for (const trial of done) {
      if (trial.duplicateOf === undefined && !failedOutside(trial)) this.#remember(trial, Promise.resolve(trial));
    }
  }

  #remember(trial: Trial, outcome: Promise<Trial>): void {
    this.#first.set(trial.architectureHash, { number: trial.number, outcome });
  }

  /** Runs `trials` to their ends; the result is in their order. Rejects where aborted. */
  async run(trials: readonly Trial[]): Promise<Trial[]> {
    const { latencies, signal } = this.#dependencies;
    // Latencies first where trainers would disturb them; else each trial is trained as soon as it is measured.
    const measured: Promise<Trial>[] = [];
    const inBatch = new Set<string>();
    for (const trial of trials) {
      const { architectureHash } = trial;
      if (trial.state !== "pending" || this.#first.has(architectureHash) || inBatch.has(architectureHash)) {
        measured.push(Promise.resolve(trial));
        continue;
      }
      inBatch.add(architectureHash);
      const measurement = this.#measure(trial);
      if (latencies.needsQuiet) await measurement;
      measured.push(measurement);
      signal?.throwIfAborted();
    }
    const outcomes = trials.map((trial, index) => {
      const first = this.#first.get(trial.architectureHash);
      if (trial.state !== "pending") return Promise.resolve(trial);
      if (first) return this.#repeat(trial, first.outcome);
      const outcome = measured[index].then((ready) => (ready.state === "pending" ? this.#train(ready) : ready));
      this.#remember(trial, outcome);
      return outcome;
    });
    const settled = await Promise.allSettled(outcomes);
    signal?.throwIfAborted();
    return settled.map((result) => {
      if (result.status === "rejected") throw result.reason;
      // What failed outside the student says nothing of it: the next trial of that network is trained.
      if (failedOutside(result.value)) this.#first.delete(result.value.architectureHash);
      return result.value;
    });
  }

  #finish(trial: Trial, result: Partial<Trial> & Pick<Trial, "state">): Trial {
    const done = finished(trial, result);
    this.#dependencies.store.saveTrial(done);
    this.#dependencies.onTrial(done);
    return done;
  }

  #fail(trial: Trial, error: unknown): Trial {
    // What an abort breaks off is not a result: the trial stays pending and is redone.
    this.#dependencies.signal?.throwIfAborted();
    const student = error instanceof JobError && error.student;
    return this.#finish(trial, {
      state: "failed",
      reason: (error as Error).message,
      ...(student && { reward: 0 }),
    });
  }

  /** The trial with its measurements, or ended where it breaks a limit or cannot be measured. */
  async #measure(trial: Trial): Promise<Trial> {
    const { brokenLimit, latencies, score, signal, store } = this.#dependencies;
    const tooLarge = brokenLimit(trial);
    if (tooLarge) return this.#finish(trial, { state: "infeasible", reason: tooLarge, reward: 0 });
    try {
      const stored = store.measurementsOf(trial.architectureHash);
      const measurements = stored.length ? stored : await latencies.measure(trial.architecture, { signal });
      store.saveMeasurements(measurements);
      const { latencyMs } = score(measurements, 0);
      const measured = { ...trial, measurements: [...measurements], latencyMs };
      const tooSlow = brokenLimit(measured, latencyMs);
      if (tooSlow) return this.#finish(measured, { state: "infeasible", reason: tooSlow, reward: 0 });
      return measured;
    } catch (error) {
      return this.#fail(trial, error);
    }
  }

  async #train(trial: Trial): Promise<Trial> {
    try {
      const { accuracy, steps, seconds, backend } = await this.#dependencies.train(trial);
      const { reward } = this.#dependencies.score(trial.measurements, accuracy);
      return this.#finish(trial, { state: "completed", accuracy, reward, steps, trainSeconds: seconds, backend });
    } catch (error) {
      return this.#fail(trial, error);
    }
  }

  /** A network that was sampled before gets the earlier trial's result. */
  async #repeat(trial: Trial, earlier: Promise<Trial>): Promise<Trial> {
    const original = await earlier;
    const { state, reason, accuracy, measurements, latencyMs, reward } = original;
    const result = { state, reason, accuracy, measurements, latencyMs, reward, duplicateOf: original.number };
    return this.#finish(trial, result);
  }
}

/** Failed for a reason that lies outside the student, so that no reward was given. */
function failedOutside({ reward, state }: Trial): boolean {
  return state === "failed" && reward === undefined;
}

function checkFailures(trials: readonly Trial[]): void {
  const last = trials.slice(-failuresInARow);
  if (last.length === failuresInARow && last.every(failedOutside)) {
    throw new Error(`${failuresInARow} trials in a row failed outside the student; the last: ${last.at(-1)?.reason}`);
  }
}

/**
 * Runs the search until `trials` trials are done, from where the store says it stands. Returns all trials in ask order.
 * The controller and the store change together, so a kill between two of their writes loses no finished trial.
 */
export async function searchLoop(dependencies: LoopDependencies, options: { trials: number }): Promise<Trial[]> {
  const { controller, seedOf, signal, space, store } = dependencies;
  const trials = store.trials("search");
  const state = store.controllerState();
  if (state) controller.restore(state.snapshot);
  const runner = new TrialRunner(dependencies, trials.filter((trial) => trial.state !== "pending"));
  let batch = state?.batch ?? -1;
  let open = state && !state.told ? trials.filter((trial) => trial.batch === batch) : [];
  for (;;) {
    signal?.throwIfAborted();
    if (open.length === 0) {
      const count = Math.min(batchSize(options.trials), options.trials - trials.length);
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
    const done = await runner.run(open);
    for (const trial of done) trials[trial.number - 1] = trial;
    controller.tell(done.map(({ number, tokens, reward }) => {
      const sample: Sample = { id: number - 1, tokens };
      return { sample, reward: reward ?? null };
    }));
    store.saveController({ batch, told: true, snapshot: controller.snapshot() }, []);
    await dependencies.onBatch?.();
    checkFailures(trials);
    open = [];
  }
}
