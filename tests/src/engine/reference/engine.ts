// The reference as an engine: slow and plain, to check the contract suite by, and for tests that need any engine at all.
import { hashSeed, Random } from "../../../../src/data/random.ts";
import { keptLosses } from "../../../../src/engine/loss_ring.ts";
import {
  type Engine,
  type Network,
  type NetworkOptions,
  requireWeightBits,
  type SoftTargets,
  type TensorData,
} from "../../../../src/engine/network.ts";
import { optimizerNumbers, statisticsMomentum } from "../../../../src/engine/optimizer.ts";
import { compilePlan, type Plan } from "../../../../src/engine/plan.ts";
import type { Weights } from "../../../../src/ops/layout.ts";
import type { Architecture, ArchitectureNode } from "../../../../src/schemas/architecture.ts";
import { referenceLoss } from "./loss.ts";
import { type ReferenceRun, runReference } from "./network.ts";
import { ReferenceOptimizer } from "./optimizer.ts";

function requireLength(what: string, values: { length: number }, length: number): void {
  if (values.length !== length) throw new RangeError(`${what} must hold ${length} numbers, got ${values.length}`);
}

function rateOf(node: ArchitectureNode): number {
  return node.op === "dropout" ? node.rate : node.op === "add" ? node.dropRate ?? 0 : 0;
}

class ReferenceNetwork implements Network {
  readonly backend = "wasm";
  readonly plan: Plan;
  readonly #options: NetworkOptions;
  #optimizer!: ReferenceOptimizer;
  #statistics!: Float32Array;
  #steps = 0;
  #run: ReferenceRun | undefined;
  #loss = NaN;
  readonly #losses: number[] = [];
  #given: Record<string, Float32Array> = {};
  #gradient: Float32Array;
  #imageGradient: Float32Array | undefined;
  #disposed = false;

  constructor(architecture: Architecture, options: NetworkOptions) {
    this.plan = compilePlan(architecture, options);
    requireWeightBits(options.weightBits);
    optimizerNumbers(options.optimizer ?? { name: "adam" });
    this.#options = options;
    this.#gradient = new Float32Array(this.plan.layout.parameterCount);
    this.writeWeights(options.weights);
  }

  #require(training: boolean): void {
    if (this.#disposed) throw new Error("the network is disposed of");
    if (training && this.plan.mode === "inference") throw new Error("the network was compiled for inference");
  }

  writeWeights({ parameters, statistics }: Weights): void {
    requireLength("parameters", parameters, this.plan.layout.parameterCount);
    requireLength("statistics", statistics, this.plan.layout.statisticCount);
    this.#optimizer = new ReferenceOptimizer(parameters, this.#options.optimizer ?? { name: "adam" });
    this.#statistics = statistics.slice();
    this.#steps = 0;
  }

  writeParameters(parameters: Float32Array): void {
    requireLength("parameters", parameters, this.plan.layout.parameterCount);
    this.#optimizer.parameters.set(parameters);
  }

  // deno-lint-ignore require-await -- throws by its promise
  async readWeights({ average = false }: { average?: boolean } = {}): Promise<Weights> {
    if (average && !this.#options.optimizer?.average) throw new RangeError("no average is kept");
    const parameters = Float32Array.from(average ? this.#optimizer.average : this.#optimizer.parameters);
    return { parameters, statistics: this.#statistics.slice() };
  }

  #kept(node: number, index: number): boolean {
    const { seed = 0 } = this.#options;
    return new Random(hashSeed(seed, this.#steps, node, index)).next() >= rateOf(this.plan.architecture.nodes[node]);
  }

  forward(images: Float32Array): void {
    this.#require(false);
    const { height, width, channels } = this.plan.architecture.input;
    requireLength("images", images, this.plan.batchSize * height * width * channels);
    const { mode, trainable, weightBits } = this.#options;
    const weights = { parameters: this.#optimizer.parameters, statistics: Float64Array.from(this.#statistics) };
    this.#run = runReference(this.plan.architecture, images, {
      weights,
      mode,
      trainable,
      weightBits,
      kept: (node, index) => this.#kept(node, index),
    });
    if (mode === "inference") return;
    const past = statisticsMomentum(this.#steps);
    for (const [index, { statistics }] of this.plan.nodes.entries()) {
      if (!this.plan.nodes[index].trainable) continue;
      for (const { offset, size } of statistics) {
        for (let at = offset; at < offset + size; at++) {
          this.#statistics[at] = past * this.#statistics[at] + (1 - past) * this.#run.batchStatistics[at];
        }
      }
    }
  }

  #requirePort(port: string): void {
    if (!this.plan.ports[port]) throw new RangeError(`no port "${port}"`);
  }

  #ran(): ReferenceRun {
    if (!this.#run) throw new Error("nothing was run forward yet");
    return this.#run;
  }

  // deno-lint-ignore require-await -- throws by its promise
  async read(port: string): Promise<Float32Array> {
    return this.output(port) as Float32Array;
  }

  output(port: string): TensorData {
    this.#requirePort(port);
    return Float32Array.from(this.#ran().read(port).data);
  }

  softTargetLoss(targets: SoftTargets): void {
    this.#require(true);
    const { batchSize, architecture: { classes } } = this.plan;
    const { labels, teacherLogits, temperature, alpha } = targets;
    requireLength("labels", labels, batchSize);
    if (teacherLogits) requireLength("teacherLogits", teacherLogits, batchSize * classes);
    if (labels.some((label) => !(label >= 0 && label < classes))) throw new RangeError("a label is no class");
    if (!(temperature > 0)) throw new RangeError(`temperature must be above 0, got ${temperature}`);
    if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`alpha must be from 0 to 1, got ${alpha}`);
    const { loss, gradient } = referenceLoss(this.#ran().read("logits").data, targets);
    this.#loss = loss;
    this.#losses.push(loss);
    this.#given.logits = Float32Array.from(gradient);
  }

  readLoss(): Promise<number> {
    return Promise.resolve(this.#loss);
  }

  readLosses(): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(this.#losses.splice(0).slice(-keptLosses)));
  }

  backward(gradients: Record<string, TensorData> = {}): void {
    this.#require(true);
    for (const [port, values] of Object.entries(gradients)) {
      this.#requirePort(port);
      if (this.plan.ports[port].gradient === undefined) throw new RangeError(`no gradient is expected at ${port}`);
      requireLength(port, values as Float32Array, this.#ran().read(port).data.length);
      this.#given[port] = (values as Float32Array).slice();
    }
    const { parameters, images } = this.#ran().backward(this.#given);
    this.#gradient = Float32Array.from(parameters);
    this.#imageGradient = Float32Array.from(images.data);
  }

  // deno-lint-ignore require-await -- throws by its promise
  async readGradient(): Promise<Float32Array> {
    this.#require(true);
    return this.#gradient.slice();
  }

  writeGradient(gradient: Float32Array): void {
    this.#require(true);
    requireLength("gradient", gradient, this.plan.layout.parameterCount);
    this.#gradient = gradient.slice();
  }

  // deno-lint-ignore require-await -- throws by its promise
  async readImageGradient(): Promise<Float32Array> {
    if (!this.#options.imageGradient || !this.#imageGradient) throw new RangeError("no image gradient was asked for");
    return this.#imageGradient.slice();
  }

  update(learningRate: number): void {
    this.#require(true);
    const owner = this.plan.nodes.flatMap(({ parameters, trainable }) =>
      parameters.flatMap(({ size }) => new Array<boolean>(size).fill(trainable))
    );
    this.#optimizer.step(this.#gradient, learningRate, (index) => owner[index]);
    this.#steps++;
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    this.#disposed = true;
  }
}

/** An engine whose networks are the reference. */
export function startReferenceEngine(): Promise<Engine> {
  return Promise.resolve({
    backend: "wasm",
    description: "float64 reference",
    compile: async (architecture, options) => await new ReferenceNetwork(architecture, options),
    dispose: () => {},
  });
}
