// How fast a network will be on one device and runtime, from those that were timed there: a linear model of its
// kernels, with an interval that says when the model does not know.
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { type DeviceDescription, PROTOCOL, type RuntimeName } from "../../src/schemas/measurement.ts";
import type { LatencyPrediction } from "./foresight.ts";
import { type Feature, featureName, featuresOf, quantities, type Quantity } from "./kernel_features.ts";
import { checkTable, type LatencyTable } from "./latency_table.ts";
import { fitRelativeRidge, type RidgeFit } from "./relative_ridge.ts";

/** What latencies compare on. */
export interface PredictorKey {
  device: DeviceDescription;
  runtime: RuntimeName;
  backend: string;
}

/** Fewer observations than this say nothing of their own errors. */
export const leastObservations = 8;

const confidence = 0.9;
// How far a kind of kernel is held to the mean kernel: launches differ between kinds, bytes move at much the same
// speed. As tuned on students of the space mnas in tfjs-wasm; with 50 observations they hardly matter.
const penalties = { launches: 0.3, work: 1, bytes: 10 } as const satisfies Record<Quantity, number>;
const strengths = [3e-4, 3e-3, 3e-2, 0.3, 3];
// Leaving one out of fewer chooses by chance, and its errors then come out too small: the weakest penalty is left out.
const leastToChoose = 16;
// An interval that is a thousand times wide each way says no more than this one, and its ends stay numbers.
const widestLog = Math.log(1000);
// A sum of costs can come out at nothing, or below, far from all that was observed: never less than this share of the
// fastest observation, and with an interval as wide as that is far.
const leastShare = 0.05;

interface Observation {
  hash: string;
  architecture: Architecture;
  latencyMs: number;
  features: Map<string, Feature>;
}

interface Model {
  columns: Pick<Feature, "quantity" | "kind">[];
  /** Means over the observations, what features and latencies are counted in: so nothing depends on units. */
  scales: Record<Quantity, number>;
  meanMs: number;
  fit: RidgeFit;
  /** Half the width of the interval in log latency, of a network that the fit need not reach for. */
  halfWidth: number;
  leastMs: number;
}

/**
 * Predicts latencies on one device, runtime and backend. Depends on what was observed, not on the order. The errors are
 * relative; the strength of the penalty is chosen by leaving one out; the 90 % interval is conformal (Vovk et al.
 * 2005): the quantile of left-out errors, each over its leverage's deviation, times that of the network asked for.
 */
export class LatencyPredictor {
  readonly key: PredictorKey;
  readonly #observations = new Map<string, Observation>();
  #model?: Model;

  constructor(key: PredictorKey) {
    this.key = key;
  }

  /** Different networks observed. */
  get count(): number {
    return this.#observations.size;
  }

  /** Whether there is enough to predict from. */
  get ready(): boolean {
    return this.count >= leastObservations;
  }

  /** Learns the latency of a network; a later one of the same network replaces it. RangeError if it is not positive. */
  observe(architecture: Architecture, latencyMs: number): void {
    if (!(latencyMs > 0 && latencyMs < Infinity)) throw new RangeError(`a latency is above 0 ms, got ${latencyMs}`);
    const hash = architectureHash(architecture);
    const features = this.#observations.get(hash)?.features ?? featuresOf(architecture);
    this.#observations.set(hash, { hash, architecture, latencyMs, features });
    this.#model = undefined;
  }

  /** Throws a RangeError before {@linkcode leastObservations} networks. */
  predict(architecture: Architecture): LatencyPrediction {
    const { columns, fit, halfWidth, leastMs, meanMs, scales } = this.#fitted();
    const features = featuresOf(architecture);
    const row = columns.map((column) => (features.get(featureName(column))?.value ?? 0) / scales[column.quantity]);
    const sum = row.reduce((total, value, index) => total + value * fit.coefficients[index], 0);
    const relative = Math.max(leastMs / meanMs, sum);
    const latencyMs = relative * meanMs;
    // A kind that was never seen costs as the mean kernel does, give or take what the penalty allows.
    const seen = new Set(columns.map(featureName));
    let unseen = 0;
    for (const [name, { quantity, value }] of features) {
      if (!seen.has(name)) unseen += (value / scales[quantity] / relative) ** 2 / (fit.strength * penalties[quantity]);
    }
    const reach = fit.reach(row.map((value) => value / relative)) + unseen;
    const width = Math.exp(Math.min(widestLog, halfWidth * Math.sqrt(1 + reach)));
    return { latencyMs, lowMs: latencyMs / width, highMs: latencyMs * width };
  }

  /** What was learned; JSON-able, and the same for the same observations. */
  snapshot(): LatencyTable {
    const observations = this.#sorted();
    const model = this.ready ? this.#fitted() : undefined;
    const columns = model?.columns ?? [];
    return {
      version: 1,
      protocol: PROTOCOL,
      ...this.key,
      features: columns.map((column, index) => ({
        name: featureName(column),
        unit: quantities[column.quantity].unit,
        coefficientMs: model ? model.meanMs * model.fit.coefficients[index] / model.scales[column.quantity] : 0,
      })),
      observations: observations.map(({ hash, architecture, latencyMs, features }) => ({
        architectureHash: hash,
        architecture,
        latencyMs,
        features: columns.map((column) => features.get(featureName(column))?.value ?? 0),
      })),
    };
  }

  /** Observes all of `table` too. Error in one line where it is of another device, runtime or backend, or damaged. */
  restore(table: LatencyTable): void {
    const { backend, device, runtime } = this.key;
    checkTable(table, { device: device.name, runtime, backend });
    for (const [index, { architecture, architectureHash: hash, latencyMs }] of table.observations.entries()) {
      if (architectureHash(architecture) !== hash) {
        throw new Error(`latency table: the hash of observation ${index} is not its architecture's`);
      }
      this.observe(architecture, latencyMs);
    }
  }

  /** By hash, so that sums do not depend on the order of observing. */
  #sorted(): Observation[] {
    return [...this.#observations.values()].sort((a, b) => a.hash < b.hash ? -1 : 1);
  }

  #fitted(): Model {
    if (!this.ready) {
      throw new RangeError(`a prediction takes ${leastObservations} observed networks, got ${this.count}`);
    }
    return this.#model ??= fitModel(this.#sorted());
  }
}

function fitModel(observations: readonly Observation[]): Model {
  const byName = new Map<string, Feature>();
  for (const { features } of observations) for (const [name, feature] of features) byName.set(name, feature);
  const columns = [...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([, { quantity, kind }]) => ({ quantity, kind }));
  const meanOf = (quantity: Quantity) =>
    observations.reduce((sum, { features }) => sum + (features.get(quantity)?.value ?? 0), 0) / observations.length;
  const scales = { launches: meanOf("launches"), work: meanOf("work"), bytes: meanOf("bytes") };
  const rows = observations.map(({ features }) =>
    columns.map((column) => (features.get(featureName(column))?.value ?? 0) / scales[column.quantity])
  );
  const latencies = observations.map(({ latencyMs }) => latencyMs);
  const meanMs = latencies.reduce((sum, latencyMs) => sum + latencyMs, 0) / latencies.length;
  const fit = fitRelativeRidge(rows, latencies.map((latencyMs) => latencyMs / meanMs), {
    penalties: columns.map(({ quantity }) => penalties[quantity]),
    strengths: observations.length < leastToChoose ? strengths.slice(1) : strengths,
  });
  return { columns, scales, meanMs, fit, halfWidth: conformalWidth(fit), leastMs: leastShare * Math.min(...latencies) };
}

/** The log error that left-out observations stay within with 90 %, were none of them one that the fit had to reach for. */
function conformalWidth({ leftOut, reaches }: RidgeFit): number {
  const count = leftOut.length;
  const errors = leftOut.map((share, index) =>
    Math.abs(Math.log(Math.max(leastShare, share))) / Math.sqrt(1 + reaches[index])
  ).sort((a, b) => a - b);
  // One more than there are: the network asked for counts. With 8 there is none so large, and the largest has to do.
  const rank = Math.min(count, Math.ceil(confidence * (count + 1)));
  // Errors of few share what the fit was chosen by; so much wider, intervals hold what they promise from 8 on.
  return errors[rank - 1] * (1 + 3 / count);
}
