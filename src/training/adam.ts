// Adam (Kingma & Ba 2015) over one flat vector: a dozen ops a step, however many weights there are.
import * as tf from "@tensorflow/tfjs";

/** Adam's moments of `size` parameters. Owns them: call `dispose`. */
export class Adam {
  readonly #beta1 = 0.9;
  readonly #beta2 = 0.999;
  readonly #epsilon = 1e-8;
  #mean: tf.Tensor1D;
  #square: tf.Tensor1D;
  #step = 0;

  constructor(size: number) {
    this.#mean = tf.zeros([size]);
    this.#square = tf.zeros([size]);
  }

  /** New parameters `[size]` after a step along `gradient` `[size]`; the arguments stay the caller's. */
  update(parameters: tf.Tensor1D, gradient: tf.Tensor1D, learningRate: number): tf.Tensor1D {
    this.#step++;
    const [mean, square, updated] = tf.tidy(() => {
      const mean = tf.add(tf.mul(this.#mean, this.#beta1), tf.mul(gradient, 1 - this.#beta1)) as tf.Tensor1D;
      const squares = tf.mul(tf.square(gradient), 1 - this.#beta2);
      const square = tf.add(tf.mul(this.#square, this.#beta2), squares) as tf.Tensor1D;
      const rate = learningRate / (1 - this.#beta1 ** this.#step);
      const deviation = tf.sqrt(tf.mul(square, 1 / (1 - this.#beta2 ** this.#step)));
      const change = tf.div(tf.mul(mean, rate), tf.add(deviation, this.#epsilon));
      return [mean, square, tf.sub(parameters, change) as tf.Tensor1D];
    });
    tf.dispose([this.#mean, this.#square]);
    this.#mean = mean;
    this.#square = square;
    return updated;
  }

  dispose(): void {
    tf.dispose([this.#mean, this.#square]);
  }
}
