// Resizing of feature maps by constant matrices: pooling and resizing have no gradient kernels in tfjs's wasm backend.
import * as tf from "@tensorflow/tfjs";
import { constantProduct } from "./product.ts";

/**
 * Matrix `[from, to]`, row-major, that resizes a line of `from` values to `to`, each column summing up to 1: the mean over
 * the window from `floor(i * from / to)` to `ceil((i + 1) * from / to)` where it shrinks (adaptive average pooling),
 * linear interpolation between pixel centres where it grows.
 */
export function lineWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(from * to);
  for (let place = 0; place < to; place++) {
    if (to <= from) {
      const start = Math.floor(place * from / to);
      const end = Math.ceil((place + 1) * from / to);
      for (let source = start; source < end; source++) weights[source * to + place] = 1 / (end - start);
    } else {
      const centre = Math.min(Math.max((place + 0.5) * from / to - 0.5, 0), from - 1);
      const left = Math.min(Math.floor(centre), Math.max(from - 2, 0));
      weights[left * to + place] += 1 - (centre - left);
      if (left + 1 < from) weights[(left + 1) * to + place] += centre - left;
    }
  }
  return weights;
}

/** Matrix `[height * width, toHeight * toWidth]` of both axes at once. */
function planeWeights([height, width]: Size, [toHeight, toWidth]: Size): Float32Array {
  const rows = lineWeights(height, toHeight);
  const columns = lineWeights(width, toWidth);
  const weights = new Float32Array(height * width * toHeight * toWidth);
  let index = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let toRow = 0; toRow < toHeight; toRow++) {
        const rowWeight = rows[row * toHeight + toRow];
        for (let toColumn = 0; toColumn < toWidth; toColumn++) {
          weights[index++] = rowWeight * columns[column * toWidth + toColumn];
        }
      }
    }
  }
  return weights;
}

type Size = readonly [height: number, width: number];

/** Resizes feature maps; keeps the matrices it made. Owns them: call `dispose`. */
export class Resampler {
  readonly #matrices = new Map<string, { matrix: tf.Tensor2D; flipped: tf.Tensor2D }>();

  #matricesOf(from: Size, to: Size) {
    const key = `${from} ${to}`;
    let known = this.#matrices.get(key);
    if (!known) {
      known = tf.tidy(() => {
        const matrix = tf.tensor2d(planeWeights(from, to), [from[0] * from[1], to[0] * to[1]]);
        return { matrix, flipped: tf.transpose(matrix) };
      });
      // Made inside the tidy of a step, but used in all.
      tf.keep(known.matrix);
      tf.keep(known.flipped);
      this.#matrices.set(key, known);
    }
    return known;
  }

  /** `x` `[N, H, W, C]` as `[N, height, width, C]`, differentiable; `x` itself where it has that size. */
  resize(x: tf.Tensor4D, size: Size): tf.Tensor4D {
    const [count, height, width, channels] = x.shape;
    if (height === size[0] && width === size[1]) return x;
    const { matrix, flipped } = this.#matricesOf([height, width], size);
    const places = height * width;
    const lines = channels === 1
      ? tf.reshape(x, [count, places])
      : tf.reshape(tf.transpose(tf.reshape(x, [count, places, channels]), [0, 2, 1]), [count * channels, places]);
    const resized = constantProduct(lines as tf.Tensor2D, matrix, flipped);
    const shape: [number, number, number, number] = [count, ...size, channels];
    if (channels === 1) return tf.reshape(resized, shape);
    return tf.reshape(tf.transpose(tf.reshape(resized, [count, channels, size[0] * size[1]]), [0, 2, 1]), shape);
  }

  dispose(): void {
    for (const { matrix, flipped } of this.#matrices.values()) tf.dispose([matrix, flipped]);
    this.#matrices.clear();
  }
}
