// Architecture -> a network in training on an engine.
import { hashSeed } from "../data/random.ts";
import type { Engine, Network, NetworkOptions, Weights } from "../engine/network.ts";
import { type EngineChoice, startEngine } from "../engine/start_engine.ts";
import { initialiseWeights } from "../models/weights.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { buildPredictor, type Predictor } from "./predictor.ts";

export interface StudentOptions
  extends Pick<NetworkOptions, "imageGradient" | "trainable" | "optimizer" | "weightBits"> {
  batchSize: number;
  /** A started engine, which stays the caller's, or one to start, which goes with the student. Default: `auto`. */
  backend?: Engine | EngineChoice;
  /** Seed of the weights before training, and of dropout and stochastic depth. */
  seed: number;
  /** Weights to start from in place of those of the seed. */
  weights?: Weights;
  /** Features besides the logits, by tap; `tap:before` is the value before its activation. */
  features?: readonly string[];
  /** Those of the features, or `logits`, that losses give gradients of. Default: all of them. */
  gradients?: readonly string[];
}

/** What a forward pass gives, in plain numbers. */
export interface StudentOutput {
  /** `[batch, classes]` */
  logits: Float32Array;
  /** The features that the student was built with: `[batch, height, width, channels]`, `embedding` `[batch, channels]`. */
  features: Record<string, Float32Array>;
}

/** A trainable network. Owns its memory: call {@linkcode Student.dispose}. */
export class Student {
  readonly architecture: Architecture;
  readonly engine: Engine;
  /** For loops that want no more than its calls. */
  readonly network: Network;
  readonly #disposeEngine: boolean;
  readonly #weightBits: number | undefined;

  constructor(network: Network, engine: Engine, options: { disposeEngine: boolean; weightBits?: number }) {
    this.architecture = network.plan.architecture;
    this.engine = engine;
    this.network = network;
    this.#disposeEngine = options.disposeEngine;
    this.#weightBits = options.weightBits;
  }

  get batchSize(): number {
    return this.network.plan.batchSize;
  }

  /** Shape `[batch, ...]` of the logits or a feature. RangeError where there is no such port. */
  shapeOf(port: string): number[] {
    const { layout, ports, batchSize } = this.network.plan;
    if (!ports[port]) {
      throw new RangeError(`the student has no "${port}"; it was built with ${Object.keys(ports).join(", ")}`);
    }
    const [tap] = port.split(":");
    const node = port === "logits" ? layout.nodes.at(-1) : layout.nodes.find((candidate) => candidate.node.tap === tap);
    return [batchSize, ...node?.outputShape ?? []];
  }

  /** Output on `images` `[batch, height, width, channels]`, batch norm by the batch. RangeError on another batch size. */
  async forward(images: Float32Array): Promise<StudentOutput> {
    this.network.forward(images);
    const names = Object.keys(this.network.plan.ports);
    const values = await Promise.all(names.map((name) => this.network.read(name)));
    const { logits, ...features } = Object.fromEntries(names.map((name, index) => [name, values[index]]));
    return { logits, features };
  }

  /**
   * Gradient `[parameterCount]` of a loss with these gradients with respect to the outputs of the last forward pass, all
   * that the student was built for. RangeError where one is missing.
   */
  async backward(gradients: Record<string, Float32Array>): Promise<Float32Array> {
    for (const [name, { gradient }] of Object.entries(this.network.plan.ports)) {
      if (gradient !== undefined && !gradients[name]) throw new RangeError(`the gradient of "${name}" is missing`);
    }
    this.network.backward(gradients);
    return await this.network.readGradient();
  }

  /** A copy of the weights; `average`: the optimizer's exponential moving average of the parameters. */
  weights(options: { average?: boolean } = {}): Promise<Weights> {
    return this.network.readWeights(options);
  }

  /** A copy of the trainable weights `[parameterCount]`. */
  async parameters(): Promise<Float32Array> {
    return (await this.weights()).parameters;
  }

  /** The student as it is now, for prediction on the same engine. The caller disposes it before the student. */
  async predictor(options: { batchSize?: number; average?: boolean } = {}): Promise<Predictor> {
    const weights = await this.weights(options);
    const { engine, architecture } = this;
    return await buildPredictor(architecture, {
      engine,
      weights,
      batchSize: options.batchSize,
      weightBits: this.#weightBits,
    });
  }

  dispose(): void {
    this.network.dispose();
    if (this.#disposeEngine) this.engine.dispose();
  }
}

/**
 * A student ready to be trained. Throws a RangeError on an architecture whose shapes do not fit or a feature that it does
 * not have, an Error where the engine cannot start. The caller disposes it.
 */
export async function buildStudent(architecture: Architecture, options: StudentOptions): Promise<Student> {
  const { backend = "auto", seed, features = [], gradients = ["logits", ...features], ...rest } = options;
  const disposeEngine = typeof backend === "string";
  const engine = typeof backend === "string" ? (await startEngine(backend)).engine : backend;
  try {
    const network = await engine.compile(architecture, {
      optimizer: { name: "adam" },
      ...rest,
      mode: "training",
      features,
      gradients,
      weights: options.weights ?? initialiseWeights(architecture, seed),
      seed: hashSeed(seed, "noise"),
    });
    return new Student(network, engine, { disposeEngine, weightBits: options.weightBits });
  } catch (error) {
    if (disposeEngine) engine.dispose();
    throw error;
  }
}
