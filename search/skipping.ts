// Which trials need not be timed or trained. What is foreseen goes by completed batches alone, so that one seed and the
// same latencies give the same trials, whatever the number of trainers and wherever a run was broken off.
import type { Trial } from "../src/schemas/trial.ts";
import { formatPercent } from "../src/cli/format.ts";
import { AccuracyModel, type Described } from "./accuracy_model.ts";
import type { LatencyPredictors } from "./latency/predictors.ts";
import { measurementOn } from "./latency/measurement_on.ts";
import { bestFirst, completedTrials, type Rewarded } from "./completed_trials.ts";
import { median } from "./median.ts";
import type { Scoring } from "./rescoring.ts";

/** Why a trial is skipped, and what was foreseen. */
export interface Skip {
  reason: string;
  foreseen: NonNullable<Trial["foreseen"]>;
}

export interface SkippingOptions {
  /** Foresees latencies; without them every trial is timed. */
  predictors?: Pick<LatencyPredictors, "foresee" | "observe">;
  /** Whether accuracies are foreseen; without, every trial that was timed is trained. */
  prune: boolean;
  /** Names of the devices that count now; asked for again, since one may leave the run. */
  devices: () => readonly string[];
  /** See Scoring. */
  score: Scoring["score"];
}

/** Completed trials before accuracies are foreseen. */
export const leastTrained = 20;

type Trained = ReturnType<typeof completedTrials>[number];

export class Skipping {
  readonly #options: SkippingOptions;
  readonly #trained: Trained[] = [];
  #model: AccuracyModel | undefined;
  /** The best of the trained by the devices that count; they change with its `devices`. */
  #best: Rewarded & { devices: string } | undefined;

  constructor(options: SkippingOptions) {
    this.#options = options;
  }

  /**
   * Learns from the trials of a complete batch, in ask order, or from baselines. A resumed run learns first from all
   * that were told, baselines in front.
   */
  learn(trials: readonly Trial[]): void {
    for (const trial of trials) {
      // One that failed on some device has no latency, though a resumed run finds what the others measured.
      if (trial.latencyMs !== undefined || trial.role === "baseline") this.#options.predictors?.observe(trial);
    }
    this.#trained.push(...completedTrials(trials).filter(({ role }) => role === "search"));
    this.#model = undefined;
    this.#best = undefined;
  }

  /**
   * Why `trial` need not be timed: at its latency it could not be the best, or breaks the hard limit, which counts also
   * before anything was trained. Undefined where it must be.
   */
  beforeTiming(trial: Pick<Trial, "architecture">): Skip | undefined {
    const foreseen = this.#options.predictors?.foresee(trial.architecture, this.#bestTrained());
    if (!foreseen) return undefined;
    const { latency, overLimit, predictions, reason } = foreseen;
    const devices = this.#options.devices();
    return {
      reason,
      foreseen: {
        what: "latencyMs",
        value: latency.latencyMs,
        low: latency.lowMs,
        high: latency.highMs,
        accuracy: this.#trained.length === 0 ? 0 : median(this.#trained.map(({ accuracy }) => accuracy)),
        latenciesMs: Object.fromEntries(
          predictions.filter(({ device }) => devices.includes(device))
            .map(({ device, latencyMs }) => [device, latencyMs]),
        ),
        ...(overLimit && { overLimit: true as const }),
      },
    };
  }

  /** The best of the trained students by the devices that count now. */
  #bestTrained(): Rewarded | undefined {
    const devices = this.#options.devices().join();
    if (this.#best?.devices === devices) return this.#best;
    this.#best = undefined;
    for (const { accuracy, measurements, number } of this.#trained) {
      const one = { number, devices, ...this.#options.score(measurements, accuracy) };
      if (!this.#best || bestFirst(one, this.#best) < 0) this.#best = one;
    }
    return this.#best;
  }

  /**
   * Why the measured `trial` need not be trained: even at the best accuracy that may be hoped for, a trial that is at
   * least as fast on every device is at least as accurate. Undefined where it must be.
   */
  beforeTraining(trial: Described & Pick<Trial, "measurements">): Skip | undefined {
    if (!this.#options.prune || this.#trained.length < leastTrained) return undefined;
    this.#model ??= new AccuracyModel(this.#trained);
    const { accuracy, high, low } = this.#model.predict(trial);
    const rival = this.#trained.find((one) => one.accuracy >= high && this.#atLeastAsFast(one, trial));
    if (!rival) return undefined;
    return {
      reason: `foreseen ${formatPercent(accuracy)} (at best ${formatPercent(high)}), and trial ${rival.number} is at ` +
        `least as fast with ${formatPercent(rival.accuracy)}`,
      foreseen: { what: "accuracy", value: accuracy, low, high, accuracy },
    };
  }

  #atLeastAsFast(one: Pick<Trial, "measurements">, other: Pick<Trial, "measurements">): boolean {
    return this.#options.devices().every((device) => {
      const [a, b] = [measurementOn(one, device), measurementOn(other, device)];
      return a !== null && b !== null && a.latencyMs <= b.latencyMs;
    });
  }
}
