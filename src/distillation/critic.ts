// The critic of structured distillation (1903.04197, section 3.2.3): a network that tells a teacher's maps from a student's,
// trained beside the student in the hinge form. The paper's gradient penalty needs second derivatives, which tfjs lacks for
// what backends are built of; its weights are bounded by spectral norms alone.
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../data/random.ts";
import { halved, SelfAttention, SpectralMatrix, StridedConvolution } from "./critic_layers.ts";
import { Resampler } from "./features/resample.ts";

/** Height and width that maps are brought to: dense heads of small networks tell no more, and a step would take too long. */
const criticSize = 12;
const widths = [24, 48] as const;

/** Mean over the batch of `max(0, 1 - teacher) + max(0, 1 + student)` for scores `[N]`. */
export function hingeLoss(teacher: tf.Tensor, student: tf.Tensor): tf.Scalar {
  return tf.add(tf.mean(tf.relu(tf.sub(1, teacher))), tf.mean(tf.relu(tf.add(1, student))));
}

/** Scores maps `[N, H, W, channels]`, higher for a teacher's. Owns variables and optimizer: call `dispose`. */
export class Critic {
  readonly #convolutions: readonly StridedConvolution[];
  readonly #attentions: readonly SelfAttention[];
  readonly #last: SpectralMatrix;
  readonly #optimizer: tf.AdamOptimizer;
  readonly #resampler = new Resampler();

  constructor({ channels, learningRate, seed }: { channels: number; learningRate: number; seed: number }) {
    this.#convolutions = widths.map((outputs, index) =>
      new StridedConvolution(index === 0 ? channels : widths[index - 1], outputs, hashSeed(seed, "convolution", index))
    );
    this.#attentions = widths.map((width, index) => new SelfAttention(width, hashSeed(seed, "attention", index)));
    const side = criticSize / 2 ** widths.length;
    this.#last = new SpectralMatrix(side ** 2 * widths[widths.length - 1], 1, hashSeed(seed, "last"));
    // Zero for the first moment, as is usual where two networks train against each other.
    this.#optimizer = tf.train.adam(learningRate, 0, 0.9);
  }

  get variables(): tf.Variable[] {
    return [
      ...[...this.#convolutions, ...this.#attentions].flatMap(({ variables }) => variables),
      this.#last.weight,
    ];
  }

  /** `[N]`; differentiable in the maps and in {@linkcode variables}. */
  score(maps: tf.Tensor4D): tf.Tensor1D {
    let x = maps;
    const canHalve = (length: number) => length % 2 === 0 && length >= 2 * criticSize;
    while (canHalve(x.shape[1]) && canHalve(x.shape[2])) x = halved(x);
    x = this.#resampler.resize(x, [criticSize, criticSize]);
    for (const [index, convolution] of this.#convolutions.entries()) {
      x = this.#attentions[index].apply(convolution.apply(x));
    }
    return tf.reshape(this.#last.multiply(tf.reshape(x, [x.shape[0], -1])), [x.shape[0]]);
  }

  /** One step towards telling the maps apart, constants both; gives the hinge loss before it, which is the caller's. */
  train(teacher: tf.Tensor4D, student: tf.Tensor4D): tf.Scalar {
    return tf.tidy(() => {
      const { grads, value } = tf.variableGrads(() => {
        const [ofTeacher, ofStudent] = tf.split(this.score(tf.concat([teacher, student], 0)), 2);
        return hingeLoss(ofTeacher, ofStudent);
      }, this.variables);
      this.#optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      for (const { matrix } of this.#convolutions) matrix.estimate();
      for (const matrix of [...this.#attentions.flatMap(({ matrices }) => matrices), this.#last]) matrix.estimate();
      return value;
    });
  }

  dispose(): void {
    for (const part of [...this.#convolutions, ...this.#attentions, this.#last, this.#resampler]) part.dispose();
    this.#optimizer.dispose();
  }
}
