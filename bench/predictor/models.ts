// The predictor and what it is compared with: each learns latencies from students and foresees those of others.
import { kernelsOf } from "../../search/latency/kernels.ts";
import { LatencyPredictor, type PredictorKey } from "../../search/latency/predictor.ts";
import { fitRelativeRidge } from "../../search/latency/relative_ridge.ts";
import { countMultiplyAdds, countParameters } from "../../src/ops/layout.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";

/** Stands for whichever device was measured: students of several are never mixed here. */
export const someDevice: PredictorKey = {
  device: { name: "device", kind: "process", description: "the one that was measured" },
  runtime: "tfjs-wasm",
  backend: "the one that was measured",
};

export interface Example {
  architecture: Architecture;
  latencyMs: number;
}

/** `lowMs` to `highMs`: the 90 % interval, of a model that has one. */
export interface Foretold {
  latencyMs: number;
  lowMs?: number;
  highMs?: number;
}

export type Model = (examples: readonly Example[]) => (architecture: Architecture) => Foretold;

/** A constant and sums over the numbers of `describe`, fitted on relative error as the predictor is; new ones cost 0. */
function linear(describe: (architecture: Architecture) => ReadonlyMap<string, number>): Model {
  return (examples) => {
    const described = examples.map(({ architecture }) => describe(architecture));
    const names = [...new Set(described.flatMap((numbers) => [...numbers.keys()]))];
    const meanMs = examples.reduce((sum, { latencyMs }) => sum + latencyMs, 0) / examples.length;
    const scales = names.map((name) =>
      described.reduce((sum, numbers) => sum + (numbers.get(name) ?? 0), 0) / examples.length
    );
    const rowOf = (numbers: ReadonlyMap<string, number>) => [
      1,
      ...names.map((name, index) => (numbers.get(name) ?? 0) / scales[index]),
    ];
    const fit = fitRelativeRidge(described.map(rowOf), examples.map(({ latencyMs }) => latencyMs / meanMs), {
      penalties: [1e-3, ...names.map(() => 1)],
      strengths: [1e-4, 1e-3, 1e-2, 1e-1, 1],
    });
    return (architecture) => {
      const row = rowOf(describe(architecture));
      return { latencyMs: meanMs * row.reduce((sum, value, index) => sum + value * fit.coefficients[index], 0) };
    };
  };
}

const one = (count: (architecture: Architecture) => number) =>
  linear((architecture) => new Map([["count", count(architecture)]]));

/** How often each op occurs with each shape. */
function opsByShape(architecture: Architecture): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { bytes, kind, work } of kernelsOf(architecture)) {
    const shape = `${kind}, ${work}, ${bytes}`;
    counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  return counts;
}

/** Which choice was taken at each decision of the space that the network comes from. */
function decisions({ origin }: Architecture): Map<string, number> {
  return new Map((origin?.tokens ?? []).map((token, index) => [`decision ${index} is ${token}`, 1]));
}

const predictor: Model = (examples) => {
  const own = new LatencyPredictor(someDevice);
  for (const { architecture, latencyMs } of examples) own.observe(architecture, latencyMs);
  return (architecture) => own.predict(architecture);
};

/** By name; `predictor` is the product's own. */
export const models = {
  predictor,
  "multiply-adds": one(countMultiplyAdds),
  parameters: one(countParameters),
  // Tables of costs without interactions, as learned from whole networks: nobody timed the entries alone.
  "lookup by decision": linear(decisions),
  "lookup by op and shape": linear(opsByShape),
} satisfies Record<string, Model>;

export type ModelName = keyof typeof models;
