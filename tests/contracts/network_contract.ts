// What every engine promises (src/engine/network.ts), checked against the float64 reference of tests/src/engine/reference.
import type { Engine, TensorData } from "../../src/engine/network.ts";
import { assertLikeReference, type Bench, type NetworkCase } from "./network/check.ts";
import {
  featureExamples,
  frozenExamples,
  graphExamples,
  inferenceExamples,
  quantisedExamples,
} from "./network/graph_examples.ts";
import { lifetimeCases } from "./network/lifetime_cases.ts";
import { lossCases } from "./network/loss_cases.ts";
import { type NamedExample, opExamples, readingExamples } from "./network/op_examples.ts";
import { randomCases } from "./network/random_cases.ts";
import { trainingCases } from "./network/training_cases.ts";

export type { Bench, NetworkCase };

function caseOf(example: NamedExample): NetworkCase {
  const { name, ...rest } = example;
  return { name, fn: (bench) => assertLikeReference(bench, rest) };
}

/** All cases, for a runner of one's own: each may run alone, in any order, on one engine. */
export const networkCases: NetworkCase[] = [
  ...[opExamples, readingExamples, graphExamples, featureExamples].flat().map(caseOf),
  ...[frozenExamples, inferenceExamples, quantisedExamples].flat().map(caseOf),
  ...lossCases,
  ...trainingCases,
  ...randomCases,
  ...lifetimeCases,
];

export interface NetworkContractOptions {
  start: () => Promise<Engine>;
  /** Largest difference from the reference, as a share of the largest entry of a tensor. Default 1e-4. */
  tolerance?: number;
  /** How the engine's networks take gradients; default: as they are. Owned by the caller until the case is over. */
  tensor?: (values: Float32Array) => TensorData;
}

/** The cases' bench on `engine`. */
export function benchOf(engine: Engine, { tolerance = 1e-4, tensor }: Omit<NetworkContractOptions, "start">): Bench {
  return { engine, tolerance, tensor: tensor ?? ((values) => values) };
}

/** Registers the contract as one test with a step per case, all on one engine. */
export function networkContract(name: string, { start, ...options }: NetworkContractOptions): void {
  Deno.test(`${name} keeps the contract of networks`, async (test) => {
    const engine = await start();
    try {
      for (const { name, fn } of networkCases) await test.step(name, () => fn(benchOf(engine, options)));
    } finally {
      engine.dispose();
    }
  });
}
