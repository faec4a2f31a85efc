// A network compiled for the wasm kernels: its memory is laid out once, and a step is a list of calls into the module.
import { keptLosses, LossRing } from "../loss_ring.ts";
import {
  type Network,
  type NetworkOptions,
  requireTargets,
  requireWeightBits,
  type SoftTargets,
  type TensorData,
  type Weights,
} from "../network.ts";
import { type OptimizerNumbers, optimizerNumbers, statisticsMomentum, trainableRanges } from "../optimizer.ts";
import { compilePlan, type Plan, type Port, type Value } from "../plan.ts";
import type { Architecture } from "../../schemas/architecture.ts";
import type { NetworkLayout, PortCommand } from "./layout.ts";
import type { Address, KernelExports, KernelMemory } from "./module.ts";
import { type ReadyCommand, readyCommands } from "./pass.ts";
import { draftBytes, type NetworkPlaces, placeNetwork, type Vector } from "./places.ts";
import { modeNumber, writeState } from "./records.ts";
import { Team } from "./team.ts";
import { updateRange } from "./update_range.ts";

/** Time of one command of a step. */
export interface CommandTime {
  /** The op, or what is done at a port. */
  name: string;
  direction: "forward" | "backward";
  /** Position of the node in the architecture; -1 at a port. */
  node: number;
  ms: number;
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function requireLength(what: string, values: { length: number }, length: number): void {
  if (values.length !== length) throw new RangeError(`${what} must hold ${length} numbers, got ${values.length}`);
}

/** Where a network is built. */
interface NetworkPlace extends KernelMemory {
  parts: number;
  release: () => void;
}

export class WasmNetwork implements Network {
  readonly backend = "wasm";
  readonly plan: Plan;
  #placesWhileAlive: NetworkPlaces | undefined;
  readonly #kernels: KernelExports;
  readonly #optimizer: OptimizerNumbers;
  readonly #weightBits: number | undefined;
  readonly #seed: number;
  readonly #ranges: { start: number; count: number }[];
  readonly #forward: ReadyCommand[];
  readonly #backward: ReadyCommand[];
  readonly #release: () => void;
  #team: Team | undefined;
  readonly #ring = new LossRing();
  readonly #losses = new Float32Array(keptLosses);
  #steps = 0;

  private constructor(plan: Plan, options: NetworkOptions, place: NetworkPlace) {
    this.plan = plan;
    this.#kernels = place.kernels;
    this.#release = place.release;
    this.#optimizer = optimizerNumbers(options.optimizer ?? { name: "adam" });
    this.#weightBits = options.weightBits;
    this.#seed = options.seed ?? 0;
    this.#placesWhileAlive = placeNetwork(plan, { ...place, optimizer: this.#optimizer, quantised: this.#isQuantised });
    const { start, floats } = this.#layout.buffers;
    this.#floats(start, floats).fill(0);
    this.#ranges = trainableRanges(plan);
    this.#forward = this.#ready("forward", this.#layout.forwardPorts, (command) => this.#extract(command));
    this.#backward = this.#ready("backward", this.#layout.backwardPorts, (command) => this.#inject(command));
    this.writeWeights(options.weights);
  }

  /**
   * Compiles a network in a memory of `allocate`, which is asked for so many bytes; `draft` has memory for records alone.
   * Throws a RangeError on options out of range.
   */
  static async create(
    architecture: Architecture,
    options: NetworkOptions,
    { draft, allocate, parts }: {
      draft: (bytes: number) => KernelMemory;
      allocate: (bytes: number) => KernelMemory & { release: () => void };
      parts: number;
    },
  ): Promise<WasmNetwork> {
    const plan = compilePlan(architecture, options);
    const { weightBits } = options;
    requireWeightBits(weightBits);
    const optimizer = optimizerNumbers(options.optimizer ?? { name: "adam" });
    const bytes = placeNetwork(plan, {
      ...draft(draftBytes(plan)),
      parts,
      optimizer,
      quantised: weightBits !== undefined,
    }).arena.end;
    const place = allocate(bytes);
    try {
      const network = new WasmNetwork(plan, options, { ...place, parts });
      const { forward, backward, scratches } = network.#layout;
      const { module, memory } = place;
      network.#team = await Team.start(scratches, { module, memory, passes: [forward, backward] });
      return network;
    } catch (error) {
      place.release();
      throw error;
    }
  }

  /** Another network may have the memory of one that is disposed of. */
  get #places(): NetworkPlaces {
    if (!this.#placesWhileAlive) throw new Error("the network is disposed of");
    return this.#placesWhileAlive;
  }

  get #layout(): NetworkLayout {
    return this.#places.layout;
  }

  get #isQuantised(): boolean {
    return this.#weightBits !== undefined;
  }

  #floats(address: Address, count: number): Float32Array {
    return this.#places.arena.floats(address, count);
  }

  #ready(direction: "forward" | "backward", ports: PortCommand[], act: (command: PortCommand) => void): ReadyCommand[] {
    const commands = readyCommands(this.#layout[direction], this.#kernels);
    let next = 0;
    return commands.map((command) => {
      if (!command.alone) return command;
      const port = ports[next++];
      return { ...command, alone: () => act(port) };
    });
  }

  get #parts(): number {
    return this.#layout.scratches.length;
  }

  #extract({ port, value }: PortCommand): void {
    const target = this.#layout.buffer(port.buffer);
    const before = port.beforeActivation ? 1 : 0;
    this.#kernels.extractPort(value, this.plan.batchSize, before, target, this.#layout.scratches[0]);
  }

  #inject({ port, value, mode }: PortCommand): void {
    if (port.gradient === undefined) throw new Error("a port without a gradient cannot be injected");
    const source = this.#layout.buffer(port.gradient);
    const before = port.beforeActivation ? 1 : 0;
    const scratch = this.#layout.scratches[0];
    const number = modeNumber(mode);
    this.#kernels.injectPort(value, this.plan.batchSize, before, source, number, scratch, this.#parts);
  }

  #port(name: string): Port {
    const port = this.plan.ports[name];
    if (port) return port;
    throw new RangeError(`the network has no port "${name}"; there are ${Object.keys(this.plan.ports).join(", ")}`);
  }

  #rows(value: Value): { rows: number; channels: number; stride: number } {
    const [height, width, channels] = value.shape;
    return { rows: this.plan.batchSize * height * width, channels, stride: this.#layout.stride(value) };
  }

  /** A copy `[rows, channels]` of padded rows. */
  #readRows(address: Address, value: Value): Float32Array {
    const { rows, channels, stride } = this.#rows(value);
    const stored = this.#floats(address, rows * stride);
    if (stride === channels) return new Float32Array(stored);
    const dense = new Float32Array(rows * channels);
    for (let row = 0; row < rows; row++) {
      dense.set(stored.subarray(row * stride, row * stride + channels), row * channels);
    }
    return dense;
  }

  /** Copies dense `values` to padded rows. */
  #writeRows(address: Address, value: Value, values: Float32Array): void {
    const { rows, channels, stride } = this.#rows(value);
    if (stride === channels) return this.#floats(address, values.length).set(values);
    this.#floats(this.#places.dense, values.length).set(values);
    this.#kernels.unpackRows(rows, channels, stride, this.#places.dense, address);
  }

  writeWeights({ parameters, statistics }: Weights): void {
    const { parameterCount, statisticCount } = this.plan.layout;
    requireLength("parameters", parameters, parameterCount);
    requireLength("statistics", statistics, statisticCount);
    this.#floats(this.#places.vectors.parameters, parameterCount).set(parameters);
    this.#floats(this.#places.vectors.statistics, statisticCount).set(statistics);
    this.#steps = 0;
    for (const name of ["gradient", "first", "second"] as const) {
      const address = this.#places.vectors[name];
      if (address) this.#floats(address, parameterCount).fill(0);
    }
    if (this.#places.vectors.average) this.#floats(this.#places.vectors.average, parameterCount).set(parameters);
    this.#quantise();
    writeState(this.#places.arena.memory, this.#places.state, {
      step: 0,
      seed: this.#seed,
      momentum: statisticsMomentum(0),
    });
  }

  writeParameters(parameters: Float32Array): void {
    const { parameterCount } = this.plan.layout;
    requireLength("parameters", parameters, parameterCount);
    this.#floats(this.#places.vectors.parameters, parameterCount).set(parameters);
    this.#quantise();
  }

  readWeights({ average = false }: { average?: boolean } = {}): Promise<Weights> {
    const { parameterCount, statisticCount } = this.plan.layout;
    if (average && !this.#places.vectors.average) throw new RangeError("the optimizer keeps no average of the weights");
    const parameters = this.#floats(this.#places.vectors[average ? "average" : "parameters"], parameterCount);
    const statistics = this.#floats(this.#places.vectors.statistics, statisticCount);
    return Promise.resolve({
      parameters: new Float32Array(parameters),
      statistics: new Float32Array(statistics),
    });
  }

  /** Refreshes the copy of the parameters that kernels read: kernels are rounded, the rest is as it is. */
  #quantise(): void {
    if (this.#weightBits === undefined) return;
    const { parameters, quantised } = this.#places.vectors;
    const { parameterCount, nodes } = this.plan.layout;
    this.#floats(quantised, parameterCount).set(this.#floats(parameters, parameterCount));
    for (const { name, offset, size } of nodes.flatMap(({ parameters }) => parameters)) {
      if (!/kernel$/i.test(name)) continue;
      this.#kernels.fakeQuantise(size, parameters + 4 * offset, quantised + 4 * offset, this.#weightBits);
    }
  }

  #run(kind: 0 | 1): void {
    if (kind === 1 && this.plan.mode !== "training") {
      throw new RangeError("a network for inference has no backward pass");
    }
    if (!this.#team) throw new Error("the network is disposed of");
    this.#team.run(kind, kind === 0 ? this.#forward : this.#backward);
  }

  forward(images: Float32Array): void {
    const { batchSize, images: value } = this.plan;
    requireLength("images", images, batchSize * productOf(value.shape));
    this.#writeRows(this.#layout.buffer(value.raw), value, images);
    this.#run(0);
  }

  read(name: string): Promise<Float32Array> {
    return Promise.resolve(this.output(name) as Float32Array);
  }

  output(name: string): TensorData {
    const port = this.#port(name);
    const address = this.#layout.buffer(port.buffer);
    if (name === "logits") return this.#readRows(address, port.value);
    return new Float32Array(this.#floats(address, this.plan.batchSize * productOf(port.value.shape)));
  }

  softTargetLoss({ labels, teacherLogits, temperature, alpha }: SoftTargets): void {
    const { batchSize, ports: { logits } } = this.plan;
    const [, , classes] = logits.value.shape;
    requireLength("labels", labels, batchSize);
    requireTargets({ labels, temperature, alpha }, classes);
    if (logits.gradient === undefined) throw new RangeError("the network was compiled without gradients of the logits");
    this.#places.arena.integers(this.#places.labels, batchSize).set(labels);
    if (teacherLogits) {
      requireLength("teacherLogits", teacherLogits, batchSize * classes);
      this.#floats(this.#places.teacher, teacherLogits.length).set(teacherLogits);
    }
    this.#kernels.softTargetLoss(
      batchSize,
      classes,
      this.#layout.stride(logits.value),
      this.#layout.buffer(logits.buffer),
      this.#places.labels,
      teacherLogits ? this.#places.teacher : 0,
      temperature,
      alpha,
      this.#layout.buffer(logits.gradient),
      this.#places.loss,
    );
    this.#losses[this.#ring.next()] = this.#floats(this.#places.loss, 1)[0];
  }

  readLoss(): Promise<number> {
    return Promise.resolve(this.#floats(this.#places.loss, 1)[0]);
  }

  readLosses(): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(this.#ring.drain(), (slot) => this.#losses[slot]));
  }

  backward(gradients: Record<string, TensorData> = {}): void {
    for (const [name, values] of Object.entries(gradients)) {
      const port = this.#port(name);
      if (port.gradient === undefined) throw new RangeError(`the network was compiled without gradients of "${name}"`);
      if (!(values instanceof Float32Array)) throw new TypeError("the wasm engine takes gradients as Float32Array");
      requireLength(`the gradient of ${name}`, values, this.plan.batchSize * productOf(port.value.shape));
      const address = this.#layout.buffer(port.gradient);
      if (name === "logits") this.#writeRows(address, port.value, values);
      else this.#floats(address, values.length).set(values);
    }
    this.#run(1);
  }

  readGradient(): Promise<Float32Array> {
    if (this.plan.mode !== "training") throw new RangeError("a network for inference has no gradient");
    const { parameterCount } = this.plan.layout;
    return Promise.resolve(new Float32Array(this.#floats(this.#places.vectors.gradient, parameterCount)));
  }

  writeGradient(gradient: Float32Array): void {
    if (this.plan.mode !== "training") throw new RangeError("a network for inference has no gradient");
    const { parameterCount } = this.plan.layout;
    requireLength("gradient", gradient, parameterCount);
    this.#floats(this.#places.vectors.gradient, parameterCount).set(gradient);
  }

  readImageGradient(): Promise<Float32Array> {
    const { images } = this.plan;
    if (images.gradient === undefined) throw new RangeError("the network was compiled without the images' gradient");
    return Promise.resolve(this.#readRows(this.#layout.buffer(images.gradient), images));
  }

  update(learningRate: number): void {
    if (this.plan.mode !== "training") throw new RangeError("a network for inference cannot be trained");
    if (!Number.isFinite(learningRate)) throw new RangeError(`the learning rate must be finite, got ${learningRate}`);
    this.#steps++;
    for (const { start, count } of this.#ranges) {
      const at = (vector: Vector) => this.#places.vectors[vector] + 4 * start;
      updateRange(this.#kernels, this.#optimizer, { at, count, learningRate, step: this.#steps });
    }
    this.#quantise();
    const momentum = statisticsMomentum(this.#steps);
    writeState(this.#places.arena.memory, this.#places.state, { step: this.#steps, seed: this.#seed, momentum });
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  /** Times each command of a forward and a backward pass on this thread alone; the network must have one thread. */
  profile(images: Float32Array, targets: SoftTargets): CommandTime[] {
    if (this.#parts !== 1) throw new RangeError(`a profile needs a network of 1 thread, this one has ${this.#parts}`);
    const times: CommandTime[] = [];
    const run = (direction: "forward" | "backward", commands: ReadyCommand[]) => {
      for (const [index, { work, finish, alone, step }] of commands.entries()) {
        const start = performance.now();
        work?.(step, 0, 1, this.#layout.scratches[0]);
        finish?.(step, 1);
        alone?.();
        const [first, second] = this.#layout.names[direction][index].split(" ");
        const ms = performance.now() - start;
        times.push({ name: second ?? first, direction, node: second ? Number(first) : -1, ms });
      }
    };
    this.#writeRows(this.#layout.buffer(this.plan.images.raw), this.plan.images, images);
    run("forward", this.#forward);
    this.softTargetLoss(targets);
    run("backward", this.#backward);
    return times;
  }

  dispose(): void {
    if (!this.#team) return;
    this.#team.dispose();
    this.#team = undefined;
    this.#placesWhileAlive = undefined;
    this.#release();
  }
}
