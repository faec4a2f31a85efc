// A network compiled for WebGPU: everything is bound once, and the parts of a step are lists of dispatches that are
// replayed.
import { keptLosses, LossRing } from "../loss_ring.ts";
import { type Network, requireTargets, type SoftTargets, type TensorData, type Weights } from "../network.ts";
import { statisticsMomentum } from "../optimizer.ts";
import type { Plan, Port } from "../plan.ts";
import type { WebGpuEngine } from "./engine.ts";
import { productOf, requireLength } from "./lengths.ts";
import { targetsOf } from "./kernels/soft_target_loss.ts";
import { bufferOf, type Memory } from "./memory.ts";
import type { PreparedNetwork } from "./prepared_network.ts";
import type { Program } from "./program.ts";
import { Queue } from "./queue.ts";

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export class WebGpuNetwork implements Network {
  readonly backend = "webgpu";
  readonly plan: Plan;
  readonly #engine: WebGpuEngine;
  readonly #queue: Queue;
  readonly #prepared: PreparedNetwork;
  readonly #seed: number;
  readonly #onDispose: () => void;
  readonly #ring = new LossRing();
  #steps = 0;
  #disposed = false;

  /** Takes `prepared` over. `onDispose` runs when the network is disposed of. */
  constructor(
    engine: WebGpuEngine,
    prepared: PreparedNetwork,
    { weights, seed = 0, onDispose }: { weights: Weights; seed?: number; onDispose: () => void },
  ) {
    this.plan = prepared.memory.plan;
    this.#engine = engine;
    this.#queue = new Queue(engine);
    this.#prepared = prepared;
    this.#seed = seed;
    this.#onDispose = onDispose;
    this.writeWeights(weights);
  }

  #check(): void {
    if (this.#disposed) throw new Error("the network is disposed of");
    this.#engine.device.check();
  }

  #checkTraining(what: string): void {
    this.#check();
    if (this.plan.mode !== "training") throw new Error(`${what}: the network was compiled for inference`);
  }

  #port(name: string): Port {
    const port = this.plan.ports[name];
    if (port) return port;
    throw new RangeError(`the network has no port "${name}"; there are ${Object.keys(this.plan.ports).join(", ")}`);
  }

  /** Writes `memory`, after what was asked for where that is one of `readers`. */
  #write(memory: Memory, values: ArrayBufferView<ArrayBufferLike>, readers: Program[]): void {
    if (readers.some((program) => this.#queue.has(program))) this.#queue.submit();
    const { buffer, byteOffset, byteLength } = values;
    if (byteLength === 0) return;
    this.#engine.device.gpu.queue.writeBuffer(bufferOf(memory), 0, buffer as ArrayBuffer, byteOffset, byteLength);
  }

  writeWeights({ parameters, statistics }: Weights): void {
    this.#check();
    const { parameterCount, statisticCount } = this.plan.layout;
    requireLength("parameters", parameters, parameterCount);
    requireLength("statistics", statistics, statisticCount);
    this.#queue.submit();
    this.#write(this.#prepared.memory.parameters, parameters, []);
    this.#write(this.#prepared.memory.statistics, statistics, []);
    const { first, second, average } = this.#prepared.places;
    if (average) this.#write(average, parameters, []);
    this.#queue.submit((encoder) => {
      for (const memory of [this.#prepared.memory.gradient, first, second]) {
        if (memory) encoder.clearBuffer(bufferOf(memory));
      }
    });
    this.#steps = 0;
    this.#queue.push(this.#prepared.programs.prepare);
  }

  writeParameters(parameters: Float32Array): void {
    this.#check();
    requireLength("parameters", parameters, this.plan.layout.parameterCount);
    this.#queue.submit();
    this.#write(this.#prepared.memory.parameters, parameters, []);
    this.#queue.push(this.#prepared.programs.prepare);
  }

  writeGradient(gradient: Float32Array): void {
    this.#checkTraining("writeGradient");
    requireLength("gradient", gradient, this.plan.layout.parameterCount);
    this.#queue.submit();
    this.#write(this.#prepared.memory.gradient, gradient, []);
  }

  async readWeights({ average = false }: { average?: boolean } = {}): Promise<Weights> {
    this.#check();
    const { parameterCount, statisticCount } = this.plan.layout;
    if (average && !this.#prepared.places.average) {
      throw new RangeError("the optimizer keeps no average of the weights");
    }
    const source = average && this.#prepared.places.average
      ? this.#prepared.places.average
      : this.#prepared.memory.parameters;
    const [parameters, statistics] = await Promise.all([
      this.#queue.read(bufferOf(source), parameterCount),
      this.#queue.read(bufferOf(this.#prepared.memory.statistics), statisticCount),
    ]);
    return { parameters, statistics };
  }

  forward(images: Float32Array): void {
    this.#check();
    const { images: value, batchSize } = this.plan;
    requireLength("images", images, batchSize * productOf(value.shape));
    const { forward, backward } = this.#prepared.programs;
    const state = new DataView(new ArrayBuffer(16));
    state.setUint32(0, this.#steps, true);
    state.setUint32(4, this.#seed, true);
    state.setFloat32(8, statisticsMomentum(this.#steps), true);
    this.#write(this.#prepared.memory.of(value.raw), images, [forward, backward]);
    this.#write(this.#prepared.memory.state, state, []);
    this.#queue.push(forward);
  }

  async read(name: string): Promise<Float32Array> {
    this.#check();
    const { value, buffer } = this.#port(name);
    return await this.#queue.read(
      bufferOf(this.#prepared.memory.of(buffer)),
      this.plan.batchSize * productOf(value.shape),
    );
  }

  output(name: string): TensorData {
    this.#check();
    const { buffer } = this.#port(name);
    this.#queue.submit();
    return bufferOf(this.#prepared.memory.of(buffer));
  }

  softTargetLoss({ labels, teacherLogits, temperature, alpha }: SoftTargets): void {
    this.#check();
    const { batchSize, ports: { logits } } = this.plan;
    const classes = logits.value.shape[2];
    requireLength("labels", labels, batchSize);
    if (teacherLogits) requireLength("teacherLogits", teacherLogits, batchSize * classes);
    requireTargets({ labels, temperature, alpha }, classes);
    if (logits.gradient === undefined) throw new RangeError("the network was compiled without gradients of the logits");
    const { labelsLoss, teacherLoss } = this.#prepared.programs;
    const readers = [labelsLoss, teacherLoss];
    this.#write(this.#prepared.places.labels, labels, readers);
    if (teacherLogits) {
      this.#write(this.#prepared.places.teacher, teacherLogits, []);
    }
    this.#write(this.#prepared.places.targets, targetsOf({ temperature, alpha, slot: this.#ring.next() }), []);
    this.#queue.push(teacherLogits ? teacherLoss : labelsLoss);
  }

  async readLoss(): Promise<number> {
    this.#check();
    const { batchSize } = this.plan;
    const place = bufferOf(this.#prepared.places.losses);
    return meanOf(await this.#queue.read(place, batchSize, this.#ring.last * batchSize));
  }

  async readLosses(): Promise<Float32Array> {
    this.#check();
    const { batchSize } = this.plan;
    const slots = this.#ring.drain();
    if (slots.length === 0) return new Float32Array(0);
    const place = bufferOf(this.#prepared.places.losses);
    const losses = await this.#queue.read(place, keptLosses * batchSize);
    return Float32Array.from(slots, (slot) => meanOf(losses.subarray(slot * batchSize, (slot + 1) * batchSize)));
  }

  backward(gradients: Record<string, TensorData> = {}): void {
    this.#checkTraining("backward");
    const given = Object.entries(gradients).map(([name, values]) => {
      const port = this.#port(name);
      if (port.gradient === undefined) throw new RangeError(`the network was compiled without gradients of "${name}"`);
      const length = this.plan.batchSize * productOf(port.value.shape);
      if (values instanceof Float32Array) requireLength(`the gradient of ${name}`, values, length);
      else if (values.size < 4 * length) {
        throw new RangeError(`the gradient of ${name} must hold ${length} numbers, got ${values.size} bytes`);
      }
      return { values, length, memory: this.#prepared.memory.of(port.gradient) };
    });
    // What was asked for may write or read the ports, and the caller may use its buffers again.
    if (given.length > 0) this.#queue.submit();
    for (const { values, length, memory } of given) {
      if (values instanceof Float32Array) this.#write(memory, values, []);
      else this.#queue.submit((encoder) => encoder.copyBufferToBuffer(values, 0, bufferOf(memory), 0, 4 * length));
    }
    this.#queue.push(this.#prepared.programs.backward);
  }

  async readGradient(): Promise<Float32Array> {
    this.#checkTraining("readGradient");
    return await this.#queue.read(bufferOf(this.#prepared.memory.gradient), this.plan.layout.parameterCount);
  }

  async readImageGradient(): Promise<Float32Array> {
    this.#check();
    const { images, batchSize } = this.plan;
    if (images.gradient === undefined) throw new RangeError("the network was compiled without the images' gradient");
    return await this.#queue.read(
      bufferOf(this.#prepared.memory.of(images.gradient)),
      batchSize * productOf(images.shape),
    );
  }

  update(learningRate: number): void {
    this.#checkTraining("update");
    this.#steps++;
    const { first, second } = this.#prepared.optimizer;
    const numbers = Float32Array.of(learningRate, 1 - first ** this.#steps, 1 - second ** this.#steps, 0);
    this.#write(this.#prepared.places.update, numbers, [this.#prepared.programs.update]);
    this.#queue.push(this.#prepared.programs.update);
    this.#queue.submit();
  }

  async finish(): Promise<void> {
    this.#check();
    await this.#queue.finish();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#queue.dispose();
    for (const buffer of this.#prepared.buffers) buffer.destroy();
    this.#onDispose();
  }
}
