// Lays a plan out in a module's memory: buffers, records of values and steps, partial sums and scratch.
import { placeBuffers } from "../memory_plan.ts";
import type { GradientMode, Plan, PlanNode, Port, Value } from "../plan.ts";
import { Arena } from "./arena.ts";
import type { Address, KernelExports } from "./module.ts";
import type { Command } from "./pass.ts";
import { paddedChannels, type Places, recordBytes, writeStep, writeValue } from "./records.ts";

/** Where a network's vectors are. */
export interface VectorPlaces {
  /** What kernels read: the parameters, or their quantised copy. */
  parameters: Address;
  gradient: Address;
  statistics: Address;
  state: Address;
}

/** A port's work, done by one thread between two barriers. */
export interface PortCommand {
  port: Port;
  /** Record of its value. */
  value: Address;
  mode: GradientMode;
}

export interface NetworkLayout {
  forward: Command[];
  backward: Command[];
  /** What the commands that are `alone` do, in order. */
  forwardPorts: PortCommand[];
  backwardPorts: PortCommand[];
  /** Node and direction of each command, for a profile. */
  names: { forward: string[]; backward: string[] };
  buffer(index: number): Address;
  stride(value: Value): number;
  /** A part's own scratch memory each. */
  scratches: Address[];
  /** The place of all buffers, to be zero at first: padding channels must read as zero. */
  buffers: { start: Address; floats: number };
}

/** Bytes of all records that {@linkcode layOut} writes. */
export function recordsBytes(plan: Plan): number {
  return recordBytes * (1 + plan.nodes.length + plan.forward.length + plan.backward.length);
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Images keep their exact channels where only convolutions read them, which need no whole vectors. */
function imagesArePadded(plan: Plan): boolean {
  const readers = plan.nodes.filter(({ inputs }) => inputs.includes(plan.images));
  return plan.images.gradient !== undefined || readers.some(({ node }) => node.op !== "conv");
}

class LayoutBuilder {
  readonly #plan: Plan;
  readonly #arena: Arena;
  readonly #kernels: KernelExports;
  readonly #parts: number;
  readonly #values = new Map<Value, Address>();
  readonly #imagesStride: number;
  readonly #records: Arena;
  readonly #buffers: { start: Address; floats: number };
  readonly #rewrites: (() => void)[] = [];
  #places: Places;
  #partialFloats = 0;
  #scratchFloats = 0;

  constructor(plan: Plan, { arena, records, kernels, vectors, parts }: Placing) {
    this.#plan = plan;
    this.#arena = arena;
    this.#records = new Arena(arena.memory, records);
    this.#kernels = kernels;
    this.#parts = parts;
    const channels = plan.images.shape[2];
    this.#imagesStride = imagesArePadded(plan) ? paddedChannels(channels) : channels;
    const { offsets, floats } = this.#placeBuffers();
    const start = arena.takeFloats(floats);
    this.#buffers = { start, floats };
    const addresses = offsets.map((offset) => start + 4 * offset);
    this.#places = {
      buffer: (index) => (index === undefined ? 0 : addresses[index]),
      stride: (value) => this.stride(value),
      parameter: (weight) => (weight ? vectors.parameters + 4 * weight.offset : 0),
      gradient: (weight) => (weight ? vectors.gradient + 4 * weight.offset : 0),
      statistic: (weight) => (weight ? vectors.statistics + 4 * weight.offset : 0),
      partials: 0,
      state: vectors.state,
    };
  }

  stride(value: Value): number {
    return value === this.#plan.images ? this.#imagesStride : paddedChannels(value.shape[2]);
  }

  /** Floats of a buffer as stored: channels padded, sums once per part. */
  #floatsOf(index: number): number {
    const { shape } = this.#plan.buffers[index];
    const channels = shape[shape.length - 1];
    const isPort = Object.values(this.#plan.ports).some((port) =>
      port !== this.#plan.ports.logits && (port.buffer === index || port.gradient === index)
    );
    if (isPort) return productOf(shape);
    const rows = productOf(shape.slice(0, -1));
    const isSums = this.#plan.nodes.some(({ output }) => output.gradientSums === index);
    const stride = index === this.#plan.images.raw || index === this.#plan.images.gradient
      ? this.#imagesStride
      : paddedChannels(channels);
    return rows * stride * (isSums ? this.#parts : 1);
  }

  #placeBuffers(): { offsets: number[]; floats: number } {
    const { buffers } = this.#plan;
    const lifetimes = buffers.map(({ first, last }, index) => ({ floats: this.#floatsOf(index), first, last }))
      // A buffer that no step touches needs no place.
      .map((lifetime) => (lifetime.first > lifetime.last ? { floats: 0, first: -1, last: -1 } : lifetime));
    return placeBuffers(lifetimes);
  }

  #value(value: Value): Address {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const address = this.#records.take(recordBytes);
    this.#values.set(value, address);
    writeValue(this.#arena.memory, address, value, this.#places);
    return address;
  }

  #step(node: PlanNode, inputGradients: GradientMode[]): Address {
    const address = this.#records.take(recordBytes);
    const record = {
      node,
      batchSize: this.#plan.batchSize,
      inputs: node.inputs.map((input) => this.#value(input)),
      output: this.#value(node.output),
      training: this.#plan.mode === "training" && node.trainable,
      inputGradients,
    };
    const write = () => writeStep(this.#arena.memory, address, record, this.#places);
    write();
    this.#rewrites.push(write);
    const { op } = node.node;
    this.#partialFloats = Math.max(this.#partialFloats, this.#ask(`${op}PartialFloats`, address, this.#parts));
    this.#scratchFloats = Math.max(this.#scratchFloats, this.#ask(`${op}ScratchFloats`, address));
    return address;
  }

  #ask(name: string, ...numbers: number[]): number {
    return this.#kernels[name]?.(...numbers) ?? 0;
  }

  build(): NetworkLayout {
    const plan = this.#plan;
    const kernels = this.#kernels;
    const named = (name: string) => (typeof kernels[name] === "function" ? name : undefined);
    const alone: Command = { alone: true, step: 0 };
    const forwardPorts: PortCommand[] = [];
    const backwardPorts: PortCommand[] = [];
    const forward = plan.forward.map((step): Command => {
      if (step.kind === "extract") {
        forwardPorts.push({ port: step.port, value: this.#value(step.port.value), mode: "skip" });
        return alone;
      }
      const { op } = step.node.node;
      return {
        work: `${op}Forward`,
        finish: named(`${op}ForwardFinish`),
        step: this.#step(step.node, []),
      };
    });
    const backward = plan.backward.map((step): Command => {
      if (step.kind === "inject") {
        backwardPorts.push({ port: step.port, value: this.#value(step.port.value), mode: step.mode });
        return alone;
      }
      const { op } = step.node.node;
      return {
        work: `${op}Backward`,
        finish: named(`${op}BackwardFinish`),
        step: this.#step(step.node, step.inputGradients),
      };
    });
    this.#places.partials = this.#arena.takeFloats(this.#partialFloats);
    for (const rewrite of this.#rewrites) rewrite();
    for (const { value } of [...forwardPorts, ...backwardPorts].map(({ port }) => port)) {
      this.#scratchFloats = Math.max(this.#scratchFloats, value.shape[0] * value.shape[1] * this.stride(value));
    }
    const scratches = Array.from({ length: this.#parts }, () => this.#arena.takeFloats(this.#scratchFloats));
    const nameOf = (step: { kind: string; node?: PlanNode }) =>
      step.node ? `${step.node.index} ${step.node.node.op}` : step.kind;
    return {
      forward,
      backward,
      forwardPorts,
      backwardPorts,
      names: { forward: plan.forward.map(nameOf), backward: plan.backward.map(nameOf) },
      buffer: (index) => this.#places.buffer(index),
      stride: (value) => this.stride(value),
      scratches,
      buffers: this.#buffers,
    };
  }
}

/** What a layout is made with. Only the memory of the records is touched. */
export interface Placing {
  arena: Arena;
  /** A place of {@linkcode recordsBytes}. */
  records: Address;
  kernels: KernelExports;
  vectors: VectorPlaces;
  /** Threads. */
  parts: number;
}

/** Lays `plan` out. */
export function layOut(plan: Plan, placing: Placing): NetworkLayout {
  return new LayoutBuilder(plan, placing).build();
}
