// Writes the records that kernels/step.as declares: the fields in the same order, 4 bytes each.
import type { PlacedWeight } from "../../ops/layout.ts";
import type { Activation } from "../../schemas/architecture.ts";
import type { GradientMode, PlanNode, Value } from "../plan.ts";
import type { Address } from "./module.ts";

const activationRange = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
} satisfies Record<Activation, [lower: number, upper: number]>;

const modes = { skip: 0, write: 1, add: 2 } satisfies Record<GradientMode, number>;

/** The number by which kernels know `mode`. */
export function modeNumber(mode: GradientMode): number {
  return modes[mode];
}

/** Bytes of a record of either kind, generously. */
export const recordBytes = 128;

/** `channels` rounded up to a multiple of 4, as activations are stored. */
export function paddedChannels(channels: number): number {
  return (channels + 3) & ~3;
}

/** Where everything is that records point to. */
export interface Places {
  /** Address of a plan's buffer, 0 for none. */
  buffer(index: number | undefined): Address;
  /** Floats from pixel to pixel of a value. */
  stride(value: Value): number;
  parameter(weight: PlacedWeight | undefined): Address;
  gradient(weight: PlacedWeight | undefined): Address;
  statistic(weight: PlacedWeight | undefined): Address;
  partials: Address;
  state: Address;
}

class RecordWriter {
  #view: DataView;
  #at: number;

  constructor(memory: WebAssembly.Memory, address: Address) {
    this.#view = new DataView(memory.buffer);
    this.#at = address;
  }

  integers(...values: number[]): void {
    for (const value of values) this.#view.setUint32((this.#at += 4) - 4, value >>> 0, true);
  }

  floats(...values: number[]): void {
    for (const value of values) this.#view.setFloat32((this.#at += 4) - 4, value, true);
  }
}

/** Writes a Value record to `address`. */
export function writeValue(memory: WebAssembly.Memory, address: Address, value: Value, places: Places): void {
  const writer = new RecordWriter(memory, address);
  const [height, width, channels] = value.shape;
  writer.integers(places.buffer(value.raw), places.buffer(value.coefficients), places.buffer(value.gate));
  writer.floats(...activationRange[value.activation]);
  writer.integers(places.buffer(value.gradient), places.buffer(value.gradientSums));
  writer.integers(height, width, channels, places.stride(value));
}

/** The rows or columns of padding before the first, as TensorFlow's "same". */
function paddingBefore(inputs: number, outputs: number, kernel: number, stride: number): number {
  return Math.max(0, (outputs - 1) * stride + kernel - inputs) >> 1;
}

/** What a node's two passes have in common. */
export interface StepRecord {
  node: PlanNode;
  batchSize: number;
  /** Addresses of Value records. */
  inputs: Address[];
  output: Address;
  /** Whether batch norm uses the batch, and dropout drops. */
  training: boolean;
  inputGradients: GradientMode[];
}

/** Writes a Step record to `address`. */
export function writeStep(memory: WebAssembly.Memory, address: Address, record: StepRecord, places: Places): void {
  const { node, batchSize, inputs, output, training, inputGradients } = record;
  const writer = new RecordWriter(memory, address);
  const { node: op, parameters, statistics } = node;
  const kernel = "kernel" in op ? op.kernel : 1;
  const stride = "stride" in op ? op.stride : 1;
  const [height, width] = node.inputs[0].shape;
  const [outHeight, outWidth] = node.output.shape;
  const rate = op.op === "dropout" ? op.rate : op.op === "add" ? op.dropRate ?? 0 : 0;
  writer.integers(batchSize, inputs[0], inputs[1] ?? 0, output, kernel, stride);
  writer.integers(paddingBefore(height, outHeight, kernel, stride), paddingBefore(width, outWidth, kernel, stride));
  writer.integers(training ? 1 : 0);
  const weights = [0, 1, 2, 3].map((index) => parameters[index]);
  writer.integers(...weights.map((weight) => places.parameter(weight)));
  writer.integers(...weights.map((weight) => (node.trainable ? places.gradient(weight) : 0)));
  writer.integers(places.statistic(statistics[0]), places.statistic(statistics[1]));
  const [saved0, saved1] = Object.values(node.saved);
  writer.integers(places.buffer(saved0), places.buffer(saved1));
  writer.integers(modeNumber(inputGradients[0] ?? "skip"), modeNumber(inputGradients[1] ?? "skip"), places.partials);
  writer.floats(rate);
  writer.integers(node.index, places.state);
}

/** Writes the State record. */
export function writeState(
  memory: WebAssembly.Memory,
  address: Address,
  state: { step: number; seed: number; momentum: number },
): void {
  const writer = new RecordWriter(memory, address);
  writer.integers(state.step, state.seed);
  writer.floats(state.momentum);
}
