// What becomes of one trial: skipped, measured, trained; and stored at that moment.
import type { Trial } from "../src/schemas/trial.ts";
import type { LatencySource, MeasuredOutcome } from "./latency/latency_source.ts";
import { FaultRecord, type Step } from "./fault_record.ts";
import { OutsideFaultError, whyGivenUp } from "./outside_fault.ts";
import { trialName } from "./report/student_points.ts";
import { failedOutside, isUndecided, rescored, type Scoring } from "./rescoring.ts";
import type { Skip, Skipping } from "./skipping.ts";
import type { RunStore } from "./store/run_store.ts";
import type { Trained } from "./trainers/job.ts";
import { JobError } from "./trainers/pool.ts";

/** What trials are run with; all of it is handed in. */
export interface RunnerDependencies extends Scoring {
  store: Pick<RunStore, "saveMeasurements" | "saveTrial">;
  latencies: LatencySource;
  /**
   * Trains the trial's network briefly and saves its weights. Rejects with a JobError, or with the reason of `signal`
   * where that was aborted before the training was begun.
   */
  train(trial: Trial, options: { signal: AbortSignal }): Promise<Trained>;
  /** Trainings that run at the same time; 1 where not given. */
  trainers?: number;
  /** Which trials need not be measured or trained; all are where not given. */
  skipping?: Pick<Skipping, "beforeTiming" | "beforeTraining">;
  /** The trial whose weights this one's training starts from, 0 for a backbone; at random where undefined. */
  startOf?(trial: Trial): number | undefined;
  onTrial(trial: Trial): void;
  signal?: AbortSignal;
}

function finished(trial: Trial, result: Partial<Trial> & Pick<Trial, "state">): Trial {
  return { ...trial, ...result, completedAt: new Date().toISOString() };
}

/** The trial met a fault that may not be its own: it is tried again once the others of its batch have ended. */
class Postponed extends Error {
  override name = "Postponed";
  readonly trial: Trial;

  constructor(trial: Trial) {
    super(`${trialName(trial)} is tried again`);
    this.trial = trial;
  }
}

/**
 * Measures and trains trials; each ends completed, failed, infeasible or skipped, and is stored at that moment. After a
 * fault outside the student its trial is tried again behind the others of the batch. At a second fault it fails, where
 * others got through that step in between; else it is the machinery that is broken, and the run ends: what is under way
 * is finished, all else stays pending for the next start. A full disk ends the run at once.
 */
export class TrialRunner {
  readonly #dependencies: RunnerDependencies;
  /** The trials by network that are done or in work, so that no network is trained twice. */
  readonly #first = new Map<string, { number: number; outcome: Promise<Trial> }>();
  readonly #faults: FaultRecord;
  /** How many networks the pass has to bring to an end. */
  #left = 0;
  /** Aborted once the run is to end: nothing is begun any more. */
  readonly #stop = new AbortController();

  constructor(dependencies: RunnerDependencies, done: readonly Trial[]) {
    this.#dependencies = dependencies;
    this.#faults = new FaultRecord({ trainers: dependencies.trainers ?? 1 });
    for (const trial of done) {
      if (failedOutside(trial)) this.#faults.giveUp(trial.architectureHash);
      if (trial.duplicateOf === undefined && !isUndecided(trial)) this.#remember(trial, Promise.resolve(trial));
    }
  }

  #remember(trial: Trial, outcome: Promise<Trial>): void {
    this.#first.set(trial.architectureHash, { number: trial.number, outcome });
  }

  /**
   * Runs `trials` to their ends; the result is in their order. Rejects with an OutsideFaultError, as the latencies do, or
   * with the signal's reason; the trials that are not stored by then stay pending.
   */
  async run(trials: readonly Trial[]): Promise<Trial[]> {
    let done = await this.#pass(trials);
    // A network is tried again once per step.
    while (done.some(({ state }) => state === "pending")) done = await this.#pass(done);
    for (const trial of done) {
      // That says nothing of the student: the next trial of that network is trained.
      if (isUndecided(trial)) this.#first.delete(trial.architectureHash);
    }
    return done;
  }

  /** Runs `trials` once; those to be tried again come back pending. */
  async #pass(trials: readonly Trial[]): Promise<Trial[]> {
    const { latencies, signal } = this.#dependencies;
    const seen = new Set<string>();
    await this.#forgetUndecided(trials);
    const measured = new Map<Trial, Promise<Trial>>();
    const toMeasure: Trial[] = [];
    for (const trial of trials) {
      const { architectureHash } = trial;
      if (trial.state !== "pending" || this.#first.has(architectureHash) || seen.has(architectureHash)) continue;
      seen.add(architectureHash);
      const ended = trial.latencyMs === undefined ? this.#endUntimed(trial) : trial;
      if (ended) measured.set(trial, Promise.resolve(ended));
      else toMeasure.push(trial);
    }
    this.#left = seen.size;
    const batch = latencies.measure(toMeasure.map(({ architecture }) => architecture), { signal });
    for (const [index, trial] of toMeasure.entries()) measured.set(trial, this.#measured(trial, batch.outcomes[index]));
    // A rejection is looked at below; until then nobody does.
    const endRun = (error: unknown) => {
      if (!(error instanceof Postponed)) this.#stop.abort();
    };
    for (const promise of measured.values()) promise.catch(endRun);
    // Latencies first where trainers would disturb them; the others' trials are trained as soon as they are measured.
    await batch.quiet;
    signal?.throwIfAborted();
    const outcomes = trials.map((trial) => {
      if (trial.state !== "pending") return Promise.resolve(trial);
      const first = this.#first.get(trial.architectureHash);
      if (first) return this.#repeat(trial, first.outcome);
      const outcome = (measured.get(trial) ?? Promise.resolve(trial))
        .then((ready) => (ready.state === "pending" ? this.#train(ready) : ready));
      outcome.catch(endRun);
      this.#remember(trial, outcome);
      return outcome;
    });
    const settled = await Promise.allSettled(outcomes);
    signal?.throwIfAborted();
    return settled.map((result, index) => {
      if (result.status === "fulfilled") return result.value;
      if (!(result.reason instanceof Postponed)) throw result.reason;
      const { trial } = result.reason;
      this.#first.delete(trial.architectureHash);
      // One of the same network was waiting for its result.
      return trial.number === trials[index].number ? trial : trials[index];
    });
  }

  /** A device may have left since the networks of `trials` were judged for it: those are judged anew. */
  async #forgetUndecided(trials: readonly Trial[]): Promise<void> {
    for (const { architectureHash } of trials) {
      const first = this.#first.get(architectureHash);
      if (first && isUndecided(rescored(await first.outcome, this.#dependencies))) this.#first.delete(architectureHash);
    }
  }

  #finish(trial: Trial, result: Partial<Trial> & Pick<Trial, "state">): Trial {
    const done = finished(trial, result);
    this.#dependencies.store.saveTrial(done);
    this.#dependencies.onTrial(done);
    return done;
  }

  /** The trial's end by `error`, or a Postponed or OutsideFaultError thrown where it has none yet. */
  #fail(trial: Trial, step: Step, error: Error): Trial {
    const { signal, store } = this.#dependencies;
    // What an abort breaks off is not a result: the trial stays pending and is redone.
    signal?.throwIfAborted();
    if (error instanceof JobError && error.student) {
      this.#faults.gotThrough(step);
      return this.#finish(trial, { state: "failed", reason: error.message, reward: 0 });
    }
    const stop = new OutsideFaultError(`${trialName(trial)}: ${error.message}`, { cause: error });
    if (error instanceof JobError && error.storage) throw stop;
    const { architectureHash: key, faultyStarts: starts = 0 } = trial;
    const verdict = this.#faults.judge({ key, step, starts, isAlone: this.#left === 1 });
    if (verdict.type === "given up") {
      return this.#finish(trial, { state: "failed", reason: whyGivenUp(error, starts + 1) });
    }
    if (verdict.type === "again") throw new Postponed({ ...trial, startedFrom: undefined });
    if (verdict.charge) {
      // The next start times it anew.
      store.saveTrial({ ...trial, latencyMs: undefined, startedFrom: undefined, faultyStarts: starts + 1 });
    }
    throw stop;
  }

  /** The trial's end where it need not be measured: it breaks a limit by its size, or cannot be of use at its latency. */
  #endUntimed(trial: Trial): Trial | undefined {
    const { brokenLimit, skipping } = this.#dependencies;
    const reason = brokenLimit(trial);
    if (reason !== undefined) return this.#finish(trial, { state: "infeasible", reason, reward: 0 });
    const skip = skipping?.beforeTiming(trial);
    return skip && this.#skip(trial, skip);
  }

  #skip(trial: Trial, skip: Skip): Trial {
    const skipped: Trial = { ...trial, ...skip, state: "skipped" };
    return this.#finish(trial, rescored(skipped, this.#dependencies));
  }

  /** The trial with its measurements, or ended where it breaks a limit or cannot be measured. */
  async #measured(trial: Trial, outcome: Promise<MeasuredOutcome>): Promise<Trial> {
    const { brokenLimit, score, skipping, store } = this.#dependencies;
    const answer = await outcome;
    if ("error" in answer) {
      return answer.isFinal
        ? this.#finish(trial, { state: "failed", reason: answer.error })
        : this.#fail(trial, "timing", new Error(answer.error));
    }
    this.#faults.gotThrough("timing");
    const { measurements } = answer;
    store.saveMeasurements(measurements);
    const { latencyMs } = score(measurements, 0);
    const measured = { ...trial, measurements, latencyMs };
    const tooSlow = brokenLimit(measured);
    if (tooSlow) return this.#finish(measured, { state: "infeasible", reason: tooSlow, reward: 0 });
    const skip = skipping?.beforeTraining(measured);
    return skip ? this.#skip(measured, skip) : measured;
  }

  async #train(measured: Trial): Promise<Trial> {
    const { signal } = this.#stop;
    // No training is begun that the run's next start can do as well.
    if (signal.aborted) return measured;
    const startedFrom = this.#dependencies.startOf?.(measured);
    const trial = startedFrom === undefined ? measured : { ...measured, startedFrom };
    let trained: Trained;
    try {
      trained = await this.#dependencies.train(trial, { signal });
    } catch (error) {
      return signal.aborted && error === signal.reason ? measured : this.#fail(trial, "training", error as Error);
    }
    this.#faults.gotThrough("training");
    const { accuracy, backend, inherited, seconds, steps } = trained;
    const scored = this.#dependencies.score(trial.measurements, accuracy);
    const start = inherited === undefined ? {} : { inherited };
    const training = { steps, trainSeconds: seconds, backend, ...start };
    return this.#finish(trial, { state: "completed", accuracy, ...scored, ...training });
  }

  /** A network that was sampled before gets the earlier trial's result. */
  async #repeat(trial: Trial, earlier: Promise<Trial>): Promise<Trial> {
    const original = await earlier;
    if (original.state === "pending") return trial;
    const { accuracy, foreseen, latencyMs, measurements, reason, reward, state } = rescored(
      original,
      this.#dependencies,
    );
    const result = {
      ...{ accuracy, foreseen, latencyMs, measurements, reason, reward, state },
      duplicateOf: original.number,
    };
    return this.#finish(trial, result);
  }
}
