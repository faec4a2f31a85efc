// Where everything of a network lies in its memory: the flat vectors, what a loss needs, and the plan's own layout.
import type { OptimizerNumbers } from "../optimizer.ts";
import type { Plan } from "../plan.ts";
import { Arena } from "./arena.ts";
import { layOut, type NetworkLayout, recordsBytes } from "./layout.ts";
import type { Address, KernelExports } from "./module.ts";
import { recordBytes } from "./records.ts";

/** The flat vectors; address 0 where the network has none. */
export type Vector = "parameters" | "quantised" | "gradient" | "first" | "second" | "average" | "statistics";

export interface NetworkPlaces {
  state: Address;
  vectors: Record<Vector, Address>;
  /** `[batch]`, 32-bit integers. */
  labels: Address;
  /** `[batch, classes]` */
  teacher: Address;
  /** Where dense images or logits wait whose stored form is padded. */
  dense: Address;
  /** One float. */
  loss: Address;
  layout: NetworkLayout;
  arena: Arena;
}

/** Works out the places over `memory`, of which only the first {@linkcode draftBytes} are touched. */
export function placeNetwork(
  plan: Plan,
  options: {
    memory: WebAssembly.Memory;
    kernels: KernelExports;
    parts: number;
    optimizer: OptimizerNumbers;
    quantised: boolean;
  },
): NetworkPlaces {
  const { memory, kernels, parts, optimizer, quantised } = options;
  const arena = new Arena(memory, kernels.heapBase());
  const state = arena.take(recordBytes);
  const records = arena.take(recordsBytes(plan));
  const { parameterCount, statisticCount } = plan.layout;
  const training = plan.mode === "training";
  const vector = (used: boolean, count = parameterCount) => (used ? arena.takeFloats(count) : 0);
  const vectors = {
    parameters: vector(true),
    quantised: vector(quantised),
    gradient: vector(training),
    first: vector(training),
    second: vector(training && optimizer.name !== "sgd"),
    average: vector(training && optimizer.average > 0),
    statistics: vector(true, statisticCount),
  };
  const [height, width, channels] = plan.images.shape;
  const classes = plan.ports.logits.value.shape[2];
  const labels = arena.takeFloats(plan.batchSize);
  const teacher = arena.takeFloats(plan.batchSize * classes);
  const dense = arena.takeFloats(plan.batchSize * Math.max(height * width * channels, classes));
  const loss = arena.takeFloats(1);
  const layout = layOut(plan, {
    arena,
    records,
    kernels,
    parts,
    vectors: {
      parameters: quantised ? vectors.quantised : vectors.parameters,
      gradient: vectors.gradient,
      statistics: vectors.statistics,
      state,
    },
  });
  return { state, vectors, labels, teacher, dense, loss, layout, arena };
}

/** Bytes that {@linkcode placeNetwork} touches, beyond the module's own data. */
export function draftBytes(plan: Plan): number {
  return 4096 + recordBytes + recordsBytes(plan);
}
