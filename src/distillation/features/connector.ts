// The trainable layer between two networks: it brings the student's channels to the teacher's, and goes with the training.
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../../data/random.ts";
import { batchNormEpsilon } from "../../ops/normalised.ts";
import { product } from "./product.ts";

export interface ConnectorOptions {
  /** Channels of what it takes and of what it gives. */
  from: number;
  to: number;
  /** Height and width of the convolution, which does not pad. Default 1x1. */
  kernel?: readonly [height: number, width: number];
  /** Whether batch norm by the batch follows, in place of a bias. */
  batchNorm?: boolean;
  seed: number;
}

/** Seeded normal values that keep the variance of what is multiplied with `inputs` rows of them. */
export function randomMatrix(inputs: number, outputs: number, seed: number): tf.Tensor2D {
  const random = new Random(hashSeed(seed, "connector"));
  const scale = Math.sqrt(1 / inputs);
  const values = Float32Array.from({ length: inputs * outputs }, () => scale * random.normal());
  return tf.tensor2d(values, [inputs, outputs]);
}

/** `[N, H, W, C]` -> `[N * h * w, kernelHeight * kernelWidth * C]` with h = H - kernelHeight + 1: what each output pixel sees. */
function patches(x: tf.Tensor4D, [kernelHeight, kernelWidth]: readonly [number, number]): tf.Tensor2D {
  const [count, height, width, channels] = x.shape;
  if (kernelHeight === 1 && kernelWidth === 1) return tf.reshape(x, [count * height * width, channels]);
  const [rows, columns] = [height - kernelHeight + 1, width - kernelWidth + 1];
  // First along the rows, then along the columns: kernelHeight + kernelWidth slices in place of their product.
  const shifts = (tensor: tf.Tensor4D, axis: 1 | 2, kernel: number, length: number) =>
    kernel === 1 ? tensor : tf.concat(
      Array.from({ length: kernel }, (_, shift) => {
        const begin = [0, 0, 0, 0];
        begin[axis] = shift;
        const size = [...tensor.shape];
        size[axis] = length;
        return tf.slice(tensor, begin as [number, number, number, number], size as [number, number, number, number]);
      }),
      3,
    );
  const seen = shifts(shifts(x, 1, kernelHeight, rows), 2, kernelWidth, columns);
  return tf.reshape(seen, [count * rows * columns, kernelHeight * kernelWidth * channels]);
}

/** Sums of the columns of `x` `[rows, columns]`, `[columns]`: a product, which tfjs-wasm computes ten times faster than a sum. */
function columnSums(x: tf.Tensor): tf.Tensor1D {
  const ones = tf.ones([1, x.shape[0]]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(ones, x as tf.Tensor2D), [x.shape[1] ?? 0]);
}

/** `x` `[rows, columns]` plus `bias` `[columns]`. */
function addBias(x: tf.Tensor2D, bias: tf.Tensor): tf.Tensor2D {
  const add = tf.customGrad((...operands) => {
    const [operand, bias] = operands as unknown as tf.Tensor[];
    return { value: tf.add(operand, bias), gradFunc: (gradient: tf.Tensor) => [gradient, columnSums(gradient)] };
  });
  return add(x, bias) as tf.Tensor2D;
}

/** Batch norm of the columns of `x` `[rows, columns]` by the rows (1502.03167); `gamma` and `beta` are `[columns]`. */
function normaliseColumns(x: tf.Tensor2D, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor2D {
  const [rows] = x.shape;
  const normalise = tf.customGrad((...operands) => {
    const [operand, gamma, beta, save] = operands as unknown as [tf.Tensor2D, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(operand, tf.div(columnSums(operand), rows));
    const scale = tf.rsqrt(tf.add(tf.div(columnSums(tf.square(centred)), rows), batchNormEpsilon));
    const normal = tf.mul(centred, scale);
    save([normal, tf.mul(scale, gamma)]);
    return {
      value: tf.add(tf.mul(normal, gamma), beta),
      gradFunc: (gradient: tf.Tensor, [normal, scale]: tf.Tensor[]) => {
        const ofBeta = columnSums(gradient);
        const ofGamma = columnSums(tf.mul(gradient, normal));
        const common = tf.add(tf.mul(normal, tf.div(ofGamma, rows)), tf.div(ofBeta, rows));
        return [tf.mul(tf.sub(gradient, common), scale), ofGamma, ofBeta];
      },
    };
  });
  return normalise(x, gamma, beta) as tf.Tensor2D;
}

/** A convolution with bias or batch norm. Owns its variables: call `dispose`. */
export class Connector {
  readonly variables: readonly tf.Variable[];
  readonly #kernel: readonly [number, number];
  readonly #batchNorm: boolean;
  readonly #from: number;
  readonly #to: number;

  constructor({ from, to, kernel = [1, 1], batchNorm = false, seed }: ConnectorOptions) {
    this.#from = from;
    this.#to = to;
    this.#kernel = kernel;
    this.#batchNorm = batchNorm;
    this.variables = tf.tidy(() => [
      tf.variable(randomMatrix(kernel[0] * kernel[1] * from, to, seed)),
      ...(batchNorm ? [tf.variable(tf.ones([to]))] : []),
      tf.variable(tf.zeros([to])),
    ]);
  }

  /** `x` `[N, H, W, from]` -> `[N, H - kernelHeight + 1, W - kernelWidth + 1, to]`. RangeError on other channels. */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    const [count, height, width, channels] = x.shape;
    if (channels !== this.#from) throw new RangeError(`a connector of ${this.#from} channels got ${channels}`);
    const [filters, ...others] = this.variables;
    const convolved = product(patches(x, this.#kernel), filters as tf.Tensor as tf.Tensor2D);
    const output = this.#batchNorm ? normaliseColumns(convolved, others[0], others[1]) : addBias(convolved, others[0]);
    return tf.reshape(output, [count, height - this.#kernel[0] + 1, width - this.#kernel[1] + 1, this.#to]);
  }

  dispose(): void {
    tf.dispose([...this.variables]);
  }
}
