// The only place where ask -> measure -> train -> tell -> store happens.
import { countDownloadBytes, countMemoryBytes } from "../src/models/deployed_size.ts";
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../src/schemas/architecture.ts";
import type { Measurement } from "../src/schemas/measurement.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import type { Controller, Sample } from "./controller.ts";
import type { LatencySource, MeasuredOutcome } from "./latency/latency_source.ts";
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
  /**
   * The trial's latency over the devices of the run, in milliseconds of the first, and its reward at `accuracy`. Asked
   * again where it counts, since a device may have left the run.
   */
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
    memoryBytes: countMemoryBytes(fields.architecture),
    downloadBytes: countDownloadBytes(fields.architecture),
    state: "pending",
    measurements: [],
  };
}

function finished(trial: Trial, result: Partial<Trial> & Pick<Trial, "state">): Trial {
  return { ...trial, ...result, completedAt: new Date().toISOString() };
}

/**
 * The trial with the latency and reward that `score` gives it now. One that was too slow, and would not be any more, has
 * no reward: nobody knows how accurate it is.
 */
export function rescored(
  trial: Trial,
  { brokenLimit, score }: Pick<LoopDependencies, "brokenLimit" | "score">,
): Trial {
  const { accuracy, measurements, state } = trial;
  if (state === "completed" && accuracy !== undefined) return { ...trial, ...score(measurements, accuracy) };
  if (state !== "infeasible" || trial.latencyMs === undefined) return trial;
  const { latencyMs } = score(measurements, 0);
  if (latencyMs === trial.latencyMs) return trial;
  const reason = brokenLimit(trial, latencyMs);
  if (reason !== undefined) return { ...trial, latencyMs, reason };
  return {
    ...trial,
    latencyMs,
    reward: undefined,
    reason: `${trial.reason}, with a device that left the run since; not trained`,
  };
}

/** Measures and trains trials; each ends completed, failed or infeasible, and is stored at that moment. */
export class TrialRunner {
  readonly #dependencies: LoopDependencies;
  /** The trials by network that are done or in work, so that no network is trained twice. */
  readonly #first = new Map<string, { number: number; outcome: Promise<Trial> }>();
  /** Latencies cannot be had any more, so that the run ends. */
  #stopped = false;

  constructor(dependencies: LoopDependencies, done: readonly Trial[]) {
    this.#dependencies = dependencies;
    for (const trial of done) {
      if (trial.duplicateOf === undefined && !isUndecided(trial)) this.#remember(trial, Promise.resolve(trial));
    }
  }

  #remember(trial: Trial, outcome: Promise<Trial>): void {
    this.#first.set(trial.architectureHash, { number: trial.number, outcome });
  }

  /** Runs `trials` to their ends; the result is in their order. Rejects where aborted. */
  async run(trials: readonly Trial[]): Promise<Trial[]> {
    const { latencies, signal } = this.#dependencies;
    const seen = new Set<string>();
    const measured = new Map<Trial, Promise<Trial>>();
    const toMeasure: Trial[] = [];
    for (const trial of trials) {
      const { architectureHash } = trial;
      if (trial.state !== "pending" || this.#first.has(architectureHash) || seen.has(architectureHash)) continue;
      seen.add(architectureHash);
      const tooLarge = this.#endTooLarge(trial);
      if (tooLarge) measured.set(trial, Promise.resolve(tooLarge));
      else toMeasure.push(trial);
    }
    const batch = latencies.measure(toMeasure.map(({ architecture }) => architecture), { signal });
    for (const [index, trial] of toMeasure.entries()) measured.set(trial, this.#measured(trial, batch.outcomes[index]));
    // A rejection is looked at below; until then nobody does.
    for (const promise of measured.values()) promise.catch(() => {});
    // Latencies first where trainers would disturb them; the others' trials are trained as soon as they are measured.
    await batch.quiet;
    signal?.throwIfAborted();
    const outcomes = trials.map((trial) => {
      if (trial.state !== "pending") return Promise.resolve(trial);
      const first = this.#first.get(trial.architectureHash);
      if (first) return this.#repeat(trial, first.outcome);
      const outcome = (measured.get(trial) ?? Promise.resolve(trial))
        .then((ready) => (ready.state === "pending" ? this.#train(ready) : ready));
      this.#remember(trial, outcome);
      return outcome;
    });
    const settled = await Promise.allSettled(outcomes);
    signal?.throwIfAborted();
    return settled.map((result) => {
      if (result.status === "rejected") throw result.reason;
      // That says nothing of the student: the next trial of that network is trained.
      if (isUndecided(result.value)) this.#first.delete(result.value.architectureHash);
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

  #endTooLarge(trial: Trial): Trial | undefined {
    const reason = this.#dependencies.brokenLimit(trial);
    return reason === undefined ? undefined : this.#finish(trial, { state: "infeasible", reason, reward: 0 });
  }

  /** The trial with its measurements, or ended where it breaks a limit or cannot be measured. */
  async #measured(trial: Trial, outcome: Promise<MeasuredOutcome>): Promise<Trial> {
    const { brokenLimit, score, store } = this.#dependencies;
    const answer = await outcome.catch((error) => {
      this.#stopped = true;
      throw error;
    });
    try {
      if ("error" in answer) throw new Error(answer.error);
      const { measurements } = answer;
      store.saveMeasurements(measurements);
      const { latencyMs } = score(measurements, 0);
      const measured = { ...trial, measurements, latencyMs };
      const tooSlow = brokenLimit(measured, latencyMs);
      if (tooSlow) return this.#finish(measured, { state: "infeasible", reason: tooSlow, reward: 0 });
      return measured;
    } catch (error) {
      return this.#fail(trial, error);
    }
  }

  async #train(trial: Trial): Promise<Trial> {
    // No training is begun that the run's next start can do as well.
    if (this.#stopped) return trial;
    try {
      const { accuracy, steps, seconds, backend } = await this.#dependencies.train(trial);
      const scored = this.#dependencies.score(trial.measurements, accuracy);
      return this.#finish(trial, { state: "completed", accuracy, ...scored, steps, trainSeconds: seconds, backend });
    } catch (error) {
      return this.#fail(trial, error);
    }
  }

  /** A network that was sampled before gets the earlier trial's result. */
  async #repeat(trial: Trial, earlier: Promise<Trial>): Promise<Trial> {
    const original = await earlier;
    if (original.state === "pending") return trial;
    const { state, reason, accuracy, measurements, latencyMs, reward } = rescored(original, this.#dependencies);
    const result = { state, reason, accuracy, measurements, latencyMs, reward, duplicateOf: original.number };
    return this.#finish(trial, result);
  }
}

/** Failed for a reason that lies outside the student, so that no reward was given. */
function failedOutside({ reward, state }: Trial): boolean {
  return state === "failed" && reward === undefined;
}

/** Ended without a reward: failed outside the student, or too slow for a device that left. */
function isUndecided({ reward, state }: Trial): boolean {
  return state !== "pending" && reward === undefined;
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
    const done = (await runner.run(open)).map((trial) => rescored(trial, dependencies));
    for (const trial of done) trials[trial.number - 1] = trial;
    controller.tell(done.map(({ number, tokens, reward }) => {
      const sample: Sample = { id: number - 1, tokens };
      return { sample, reward: reward ?? null };
    }));
    store.saveController({ batch, told: true, snapshot: controller.snapshot() }, [], controller.statistics());
    await dependencies.onBatch?.();
    checkFailures(trials);
    open = [];
  }
}
