// An engine for one architecture, in plain TypeScript, that fails when told to: for what a real one does rarely.
import { keptLosses } from "../../../src/engine/loss_ring.ts";
import type { Engine, Network, NetworkOptions, SoftTargets } from "../../../src/engine/network.ts";
import { compilePlan } from "../../../src/engine/plan.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";

/** Logits are a linear function of the images' channel means: all that the fake engine can run. */
export function meanNetwork(input: Architecture["input"], classes: number): Architecture {
  return {
    version: 1,
    input: { height: input.height, width: input.width, channels: input.channels },
    classes,
    nodes: [
      { op: "globalAveragePool", inputs: [-1], tap: "embedding" },
      { op: "dense", inputs: [0], units: classes },
    ],
  };
}

export interface FakeEngineOptions {
  backend?: Engine["backend"];
  /** Called with each loss and the number of the forward passes so far; what it gives is the loss. */
  onLoss?: (loss: number, passes: number) => number;
  /** Called where a network or the engine is disposed of; may throw. */
  onDispose?: () => void;
  /** Called before each forward pass, with its number from 1; may throw. */
  onForward?: (pass: number) => void;
}

class FakeNetwork implements Network {
  readonly backend: Engine["backend"];
  readonly plan;
  readonly #options: FakeEngineOptions;
  #parameters: Float32Array;
  #gradient: Float32Array;
  #means = new Float32Array();
  #logits = new Float32Array();
  #logitsGradient = new Float32Array();
  #loss = NaN;
  readonly #losses: number[] = [];
  #passes = 0;

  constructor(architecture: Architecture, options: NetworkOptions, fake: FakeEngineOptions) {
    this.plan = compilePlan(architecture, options);
    this.backend = fake.backend ?? "wasm";
    this.#options = fake;
    this.#parameters = options.weights.parameters.slice();
    this.#gradient = new Float32Array(this.#parameters.length);
  }

  forward(images: Float32Array): void {
    this.#passes++;
    this.#options.onForward?.(this.#passes);
    const { architecture: { classes, input }, batchSize } = this.plan;
    const { channels } = input;
    const pixels = input.height * input.width;
    this.#means = new Float32Array(batchSize * channels);
    for (const [place, value] of images.entries()) {
      this.#means[Math.floor(place / channels / pixels) * channels + place % channels] += value / pixels;
    }
    this.#logits = Float32Array.from({ length: batchSize * classes }, (_, place) => {
      const [row, unit] = [Math.floor(place / classes), place % classes];
      let sum = this.#parameters[channels * classes + unit];
      for (let c = 0; c < channels; c++) sum += this.#means[row * channels + c] * this.#parameters[c * classes + unit];
      return sum;
    });
  }

  softTargetLoss({ labels, alpha, teacherLogits }: SoftTargets): void {
    if (teacherLogits && alpha < 1) throw new Error("the fake engine knows labels only");
    const { architecture: { classes }, batchSize } = this.plan;
    this.#loss = 0;
    this.#logitsGradient = new Float32Array(this.#logits.length);
    for (let row = 0; row < batchSize; row++) {
      const scores = this.#logits.subarray(row * classes, (row + 1) * classes);
      const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
      this.#loss -= Math.log(Math.exp(scores[labels[row]]) / sum) / batchSize;
      for (const [unit, score] of scores.entries()) {
        const target = unit === labels[row] ? 1 : 0;
        this.#logitsGradient[row * classes + unit] = (Math.exp(score) / sum - target) / batchSize;
      }
    }
    this.#loss = this.#options.onLoss?.(this.#loss, this.#passes) ?? this.#loss;
    this.#losses.push(this.#loss);
  }

  readLoss(): Promise<number> {
    return Promise.resolve(this.#loss);
  }

  readLosses(): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(this.#losses.splice(0).slice(-keptLosses)));
  }

  backward(gradients: Record<string, Float32Array> = {}): void {
    const { architecture: { classes, input: { channels } } } = this.plan;
    const upstream = gradients.logits ?? this.#logitsGradient;
    this.#gradient.fill(0);
    for (const [place, value] of upstream.entries()) {
      const [row, unit] = [Math.floor(place / classes), place % classes];
      this.#gradient[channels * classes + unit] += value;
      for (let c = 0; c < channels; c++) this.#gradient[c * classes + unit] += value * this.#means[row * channels + c];
    }
  }

  read(port: string): Promise<Float32Array> {
    return Promise.resolve(this.output(port));
  }

  output(port: string): Float32Array {
    return (port === "logits" ? this.#logits : this.#means).slice();
  }

  update(learningRate: number): void {
    for (const [index, value] of this.#gradient.entries()) this.#parameters[index] -= learningRate * value;
  }

  readGradient(): Promise<Float32Array> {
    return Promise.resolve(this.#gradient.slice());
  }

  readImageGradient(): Promise<Float32Array> {
    return Promise.reject(new Error("the fake engine has no gradient of the images"));
  }

  writeGradient(gradient: Float32Array): void {
    this.#gradient = gradient.slice();
  }

  writeParameters(parameters: Float32Array): void {
    this.#parameters = parameters.slice();
  }

  writeWeights({ parameters }: { parameters: Float32Array }): void {
    this.#parameters = parameters.slice();
  }

  readWeights() {
    return Promise.resolve({ parameters: this.#parameters.slice(), statistics: new Float32Array() });
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    this.#options.onDispose?.();
  }
}

/** The engine with the number of its networks, and whether it was disposed of. */
export function fakeEngine(options: FakeEngineOptions = {}): Engine & { compiled: number; disposed: boolean } {
  return {
    backend: options.backend ?? "wasm",
    description: "fake",
    compiled: 0,
    disposed: false,
    compile(architecture, networkOptions) {
      this.compiled++;
      return Promise.resolve(new FakeNetwork(architecture, networkOptions, options));
    },
    dispose() {
      this.disposed = true;
      options.onDispose?.();
    },
  };
}
