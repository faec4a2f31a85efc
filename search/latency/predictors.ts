// A predictor per device of a run, fed by its trials.
//
// How a run uses it: `observe` each trial of a batch once the batch is complete, in ask order (a resumed run observes
// all told trials of its store first: the same predictions follow); before a batch is measured, `foresee` each
// architecture. `null`: measure it. Else the trial is skipped: state "skipped", `reason`, and foreseen { what:
// "latencyMs", value: latency.latencyMs, low: latency.lowMs, high: latency.highMs }.
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { type DevicePrediction, type Foreseen, foreseeUseless, type ForesightRule } from "./foresight.ts";
import { checkTable, type LatencyTable } from "./latency_table.ts";
import { LatencyPredictor } from "./predictor.ts";

export interface LatencyPredictorsOptions {
  runtime: RuntimeName;
  /** What counts now, but for the best trial: asked for at each foresight, since a device may leave the run. */
  rule: () => Omit<ForesightRule, "best">;
}

/** What the trials of a run say of the latencies of its students to come. */
export class LatencyPredictors {
  readonly #options: LatencyPredictorsOptions;
  readonly #byDevice = new Map<string, LatencyPredictor>();
  /** Networks of the run that were observed, by device. */
  readonly #own = new Map<string, Set<string>>();
  /** How many of those a device needs before anything is foreseen of it. */
  readonly #ownNeeded = new Map<string, number>();

  constructor(options: LatencyPredictorsOptions) {
    this.#options = options;
  }

  /**
   * Learns from the valid measurements of `trial`, baselines and duplicates included; one without is passed over. Error
   * where a device's backend is not the one of its earlier measurements.
   */
  observe({ architecture, measurements }: Pick<Trial, "architecture" | "measurements">): void {
    const { runtime } = this.#options;
    for (const { backend, device, latencyMs, runtime: used, valid } of measurements) {
      if (!valid || used !== runtime) continue;
      const predictor = this.#byDevice.get(device.name) ?? new LatencyPredictor({ device, runtime, backend });
      const { key } = predictor;
      if (key.backend !== backend) {
        throw new Error(`${device.name}: latencies of "${backend}" do not compare with those of "${key.backend}"`);
      }
      this.#byDevice.set(device.name, predictor);
      predictor.observe(architecture, latencyMs);
      const own = this.#own.get(device.name) ?? new Set();
      this.#own.set(device.name, own.add(architectureHash(architecture)));
    }
  }

  /** What is foreseen on each device that has been observed often enough. */
  predictions(architecture: Architecture): DevicePrediction[] {
    return [...this.#byDevice].flatMap(([device, predictor]) =>
      predictor.ready ? [{ device, ...predictor.predict(architecture) }] : []
    );
  }

  /**
   * Why `architecture` need not be timed beside the `best` trial so far; null where it must be. Never ask for a baseline:
   * those are always timed.
   */
  foresee(architecture: Architecture, best?: ForesightRule["best"]): Foreseen | null {
    const rule = this.#options.rule();
    return rule.targets.every(({ device }) => this.#isReady(device))
      ? foreseeUseless(this.predictions(architecture), { ...rule, best })
      : null;
  }

  #isReady(device: string): boolean {
    const own = this.#own.get(device)?.size ?? 0;
    return own >= (this.#ownNeeded.get(device) ?? 0) && this.#byDevice.get(device)?.ready === true;
  }

  /** What was learned, for other runs: a table per device. */
  tables(): LatencyTable[] {
    return [...this.#byDevice.values()].map((predictor) => predictor.snapshot());
  }

  /**
   * Starts from what an earlier run learned of a device. Error in one line where the table is of another runtime, or
   * the device has one already. Whether it is of the same machine and backend is for the caller to see. Where it is of
   * other networks than the run's, nothing is foreseen before `ownFirst` of those were observed too.
   */
  load(table: LatencyTable, { ownFirst = 0 }: { ownFirst?: number } = {}): void {
    const { runtime } = this.#options;
    checkTable(table, { runtime });
    const { name } = table.device;
    if (this.#byDevice.has(name)) throw new Error(`latency table: two for device "${name}"`);
    const predictor = new LatencyPredictor({ device: table.device, runtime, backend: table.backend });
    predictor.restore(table);
    this.#byDevice.set(name, predictor);
    this.#ownNeeded.set(name, ownFirst);
  }
}
