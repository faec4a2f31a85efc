// Parts of a critic: weights of bounded size, convolutions with stride 2 and attention, from those operations alone that
// every tfjs backend can differentiate.
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../data/random.ts";
import { randomMatrix } from "./features/connector.ts";
import { product, transposed } from "./features/product.ts";

/** A matrix whose largest singular value is kept at about 1 (Miyato et al. 2018, 1802.05957). Owns its variables. */
export class SpectralMatrix {
  readonly weight: tf.Variable;
  /** Estimates of the first singular vectors, `[1, inputs]` and `[1, outputs]`. */
  readonly #left: tf.Variable;
  readonly #right: tf.Variable;

  constructor(inputs: number, outputs: number, seed: number) {
    const { left, right, weight } = tf.tidy(() => ({
      weight: tf.variable(randomMatrix(inputs, outputs, seed)),
      left: tf.variable(unit(tf.transpose(randomMatrix(inputs, 1, hashSeed(seed, "left")))), false),
      right: tf.variable(tf.zeros([1, outputs]), false),
    }));
    this.weight = weight;
    this.#left = left;
    this.#right = right;
    for (let round = 0; round < 5; round++) this.estimate();
  }

  /** One round of the power iteration; outside the tape. */
  estimate(): void {
    tf.tidy(() => {
      const weight = this.weight as tf.Tensor as tf.Tensor2D;
      const right = unit(tf.matMul(this.#left as tf.Tensor as tf.Tensor2D, weight));
      this.#right.assign(right);
      this.#left.assign(unit(tf.matMul(right, tf.transpose(weight))));
    });
  }

  /** The weight over its size `[inputs, outputs]`, on the tape where the weight is differentiated. */
  normalised(): tf.Tensor2D {
    const weight = this.weight as tf.Tensor as tf.Tensor2D;
    const size = tf.sum(tf.mul(product(this.#left as tf.Tensor as tf.Tensor2D, weight), this.#right));
    return tf.div(weight, size);
  }

  /** `x` `[rows, inputs]` times {@linkcode normalised}. */
  multiply(x: tf.Tensor2D): tf.Tensor2D {
    return product(x, this.normalised());
  }

  dispose(): void {
    tf.dispose([this.weight, this.#left, this.#right]);
  }
}

function unit(x: tf.Tensor): tf.Tensor2D {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x)), 1e-12)));
}

/** x above 0, a tenth of it below. */
export function leakyRelu<T extends tf.Tensor>(x: T): T {
  return tf.add(tf.mul(x, 0.1), tf.mul(tf.relu(x), 0.9));
}

/**
 * What a 4x4 convolution with stride 2 and one pixel of padding sees: of `[N, H, W, C]` with even H and W, two by two
 * pixels as channels, at the four places that an output pixel covers, each `[N * H/2 * W/2, 4 * C]`. Long slices of few
 * rows, since tfjs's wasm backend copies row by row.
 */
export function stridedPatches(x: tf.Tensor4D): tf.Tensor2D[] {
  const [count, height, width, channels] = x.shape;
  if (height % 2 !== 0 || width % 2 !== 0) {
    throw new RangeError(`a convolution with stride 2 needs an even height and width, got ${height}x${width}`);
  }
  const [rows, columns, block] = [height / 2, width / 2, 4 * channels];
  const padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]);
  const split = tf.transpose(tf.reshape(padded, [count * (rows + 1), 2, columns + 1, 2 * channels]), [0, 2, 1, 3]);
  const lines = tf.reshape(split, [count, rows + 1, (columns + 1) * block]) as tf.Tensor3D;
  return [[0, 0], [0, 1], [1, 0], [1, 1]].map(([row, column]) =>
    tf.reshape(
      tf.slice(lines, [0, row, column * block], [count, rows, columns * block]),
      [count * rows * columns, block],
    )
  );
}

/** Means of two by two pixels of `[N, H, W, C]` with even H and W; by one product for all pixels of a map it would take long. */
export function halved(x: tf.Tensor4D): tf.Tensor4D {
  const [count, height, width, channels] = x.shape;
  const lines = tf.reshape(x, [count * height / 2, 2 * width * channels]) as tf.Tensor2D;
  const length = width * channels;
  const half = (place: number) => tf.slice(lines, [0, place * length], [lines.shape[0], length]);
  const rows = tf.reshape(tf.add(half(0), half(1)), [-1, 2 * channels]) as tf.Tensor2D;
  const quarter = tf.mul(tf.eye(channels), 0.25);
  const both = product(rows, tf.concat([quarter, quarter], 0) as tf.Tensor2D);
  return tf.reshape(both, [count, height / 2, width / 2, channels]);
}

/** A 4x4 convolution with stride 2 and a bias, then {@linkcode leakyRelu}. Owns its variables. */
export class StridedConvolution {
  readonly matrix: SpectralMatrix;
  readonly #bias: tf.Variable;
  readonly #outputs: number;

  constructor(inputs: number, outputs: number, seed: number) {
    this.matrix = new SpectralMatrix(16 * inputs, outputs, seed);
    this.#bias = tf.tidy(() => tf.variable(tf.zeros([outputs])));
    this.#outputs = outputs;
  }

  get variables(): tf.Variable[] {
    return [this.matrix.weight, this.#bias];
  }

  /** `[N, H, W, inputs]` -> `[N, H/2, W/2, outputs]`. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    const [count, height, width, channels] = x.shape;
    const weight = this.matrix.normalised();
    const block = 4 * channels;
    const parts = stridedPatches(x).map((patch, place) =>
      product(patch, tf.slice(weight, [place * block, 0], [block, this.#outputs]))
    );
    const convolved = leakyRelu(tf.add(tf.addN(parts), this.#bias));
    return tf.reshape(convolved, [count, height / 2, width / 2, this.#outputs]);
  }

  dispose(): void {
    this.matrix.dispose();
    this.#bias.dispose();
  }
}

/**
 * Every pixel looks at all others (Zhang et al. 2018, 1805.08318): x + gamma * softmax(queries * keys) * values, gamma zero
 * at first. Owns its variables.
 */
export class SelfAttention {
  readonly matrices: readonly SpectralMatrix[];
  readonly #gamma: tf.Variable;

  constructor(channels: number, seed: number) {
    const inner = Math.max(1, Math.floor(channels / 8));
    const matrix = (name: string, outputs: number) => new SpectralMatrix(channels, outputs, hashSeed(seed, name));
    this.matrices = [matrix("queries", inner), matrix("keys", inner), matrix("values", channels)];
    this.#gamma = tf.tidy(() => tf.variable(tf.scalar(0)));
  }

  get variables(): tf.Variable[] {
    return [...this.matrices.map(({ weight }) => weight), this.#gamma];
  }

  apply(x: tf.Tensor4D): tf.Tensor4D {
    const [count, height, width, channels] = x.shape;
    const flat = tf.reshape(x, [count * height * width, channels]) as tf.Tensor2D;
    const [queries, keys, values] = this.matrices.map((matrix) =>
      tf.reshape(matrix.multiply(flat), [count, height * width, -1])
    );
    const attended = product(tf.softmax(product(queries, transposed(keys))), values);
    return tf.add(x, tf.mul(tf.reshape(attended, x.shape), this.#gamma));
  }

  dispose(): void {
    for (const matrix of this.matrices) matrix.dispose();
    this.#gamma.dispose();
  }
}
