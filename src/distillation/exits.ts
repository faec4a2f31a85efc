// Classifiers along a network, read at its stage taps.
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../data/random.ts";
import { randomMatrix } from "./features/connector.ts";
import { product } from "./features/product.ts";
import { Resampler } from "./features/resample.ts";
import type { StageTap } from "./taps.ts";

export interface ExitsOptions {
  /** Width of the bottleneck: that of the network's own embedding. */
  features: number;
  classes: number;
  /** Height and width that stages are pooled to, where they are larger. */
  cells: number;
  seed: number;
}

/** What an exit says: logits `[N, classes]` and its bottleneck `[N, features]`. */
export interface ExitOutput {
  logits: tf.Tensor2D;
  features: tf.Tensor2D;
}

interface Exit {
  stage: StageTap;
  size: [height: number, width: number];
  bottleneck: tf.Variable;
  bottleneckBias: tf.Variable;
  classifier: tf.Variable;
  classifierBias: tf.Variable;
}

/**
 * One exit per stage: pooled to a few cells, a dense layer with ReLU, a dense layer of classes. Owns its variables: call
 * `dispose`.
 */
export class Exits {
  readonly #exits: readonly Exit[];
  readonly #resampler = new Resampler();

  constructor(stages: readonly StageTap[], { cells, classes, features, seed }: ExitsOptions) {
    this.#exits = stages.map((stage, index) => {
      const [height, width, channels] = stage.shape;
      const size: [number, number] = [Math.min(cells, height), Math.min(cells, width)];
      const variable = (make: () => tf.Tensor) => tf.tidy(() => tf.variable(make()));
      const inputs = size[0] * size[1] * channels;
      return {
        stage,
        size,
        bottleneck: variable(() =>
          tf.mul(randomMatrix(inputs, features, hashSeed(seed, index, "bottleneck")), Math.SQRT2)
        ),
        bottleneckBias: variable(() => tf.zeros([features])),
        classifier: variable(() => randomMatrix(features, classes, hashSeed(seed, index, "classifier"))),
        classifierBias: variable(() => tf.zeros([classes])),
      };
    });
  }

  /** The stages that are read, from input to output. */
  get stages(): StageTap[] {
    return this.#exits.map(({ stage }) => stage);
  }

  /** Their taps. */
  get taps(): string[] {
    return this.stages.map(({ name }) => name);
  }

  get variables(): tf.Variable[] {
    return this.#exits.flatMap(({ bottleneck, bottleneckBias, classifier, classifierBias }) => [
      bottleneck,
      bottleneckBias,
      classifier,
      classifierBias,
    ]);
  }

  /** What each exit makes of the features `[N, H, W, C]` by tap; differentiable. */
  apply(features: Record<string, tf.Tensor>): ExitOutput[] {
    return this.#exits.map(({ stage, size, ...exit }) => {
      const map = features[stage.name] as tf.Tensor4D;
      const pooled = this.#resampler.resize(map, size);
      const flat: tf.Tensor = tf.reshape(pooled, [map.shape[0], pooled.size / map.shape[0]]);
      const bottleneck = tf.relu(tf.add(product(flat, exit.bottleneck as tf.Tensor), exit.bottleneckBias));
      const logits = tf.add(product(bottleneck, exit.classifier as tf.Tensor), exit.classifierBias);
      return { logits: logits as tf.Tensor2D, features: bottleneck as tf.Tensor2D };
    });
  }

  dispose(): void {
    tf.dispose(this.variables);
    this.#resampler.dispose();
  }
}
