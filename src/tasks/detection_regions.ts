// Features of regions: bilinear samples on a small grid inside each (He et al. 2017, 1703.06870, section 3), as one product
// with a matrix made from the boxes, since tfjs's wasm backend has no gradient for cropping.
import * as tf from "@tensorflow/tfjs";
import { product } from "../distillation/features/product.ts";
import { anchors, anchorSize, largestLogScale } from "./detection_boxes.ts";
import { sceneSize } from "./scenes.ts";

/** Samples along each side of a region. */
export const regionSamples = 3;

/** `[N * M * samples, length]`: weights of a line of `length` pixels of the feature for each sample between two edges. */
function lineSamples(low: tf.Tensor, high: tf.Tensor, length: number): tf.Tensor2D {
  const shares = tf.tensor1d(Array.from({ length: regionSamples }, (_, sample) => (sample + 0.5) / regionSamples));
  const start = tf.reshape(low, [-1, 1]);
  const places = tf.add(start, tf.mul(tf.sub(tf.reshape(high, [-1, 1]), start), shares));
  const centres = tf.clipByValue(tf.sub(tf.mul(places, length / sceneSize), 0.5), 0, length - 1);
  const distance = tf.abs(tf.sub(tf.reshape(centres, [-1, 1]), tf.range(0, length)));
  return tf.relu(tf.sub(1, distance)) as tf.Tensor2D;
}

/**
 * `feature` `[N, H, W, C]` in `regions` `[N, M, 4]` (edges in pixels of the scene): `[N, M, 9 * C]`. Differentiable in the
 * feature; regions are constants.
 */
export function sampleRegions(feature: tf.Tensor4D, regions: tf.Tensor): tf.Tensor3D {
  const [count, height, width, channels] = feature.shape;
  const places = regions.shape[1] ?? 0;
  const edge = (index: number) => tf.slice(regions, [0, 0, index], [count, places, 1]);
  const rows = lineSamples(edge(1), edge(3), height);
  const columns = lineSamples(edge(0), edge(2), width);
  const both = tf.mul(
    tf.reshape(rows, [count * places, regionSamples, 1, height, 1]),
    tf.reshape(columns, [count * places, 1, regionSamples, 1, width]),
  );
  const matrix = tf.reshape(both, [count, places * regionSamples ** 2, height * width]);
  const sampled = product(matrix, tf.reshape(feature, [count, height * width, channels]));
  return tf.reshape(sampled, [count, places, regionSamples ** 2 * channels]);
}

/** Boxes `[N, 36, 4]` in pixels from offsets `[N, 36, 4]` of the cells' reference boxes. */
export function proposalRegions(offsets: tf.Tensor): tf.Tensor {
  const [count, places] = offsets.shape;
  const centres = tf.tensor2d(anchors.map(([left, top, right, bottom]) => [(left + right) / 2, (top + bottom) / 2]));
  const moved = tf.add(centres, tf.mul(tf.slice(offsets, [0, 0, 0], [count, places, 2]), anchorSize));
  const scales = tf.exp(tf.clipByValue(
    tf.slice(offsets, [0, 0, 2], [count, places, 2]),
    -largestLogScale,
    largestLogScale,
  ));
  const half = tf.mul(scales, anchorSize / 2);
  return tf.concat([tf.sub(moved, half), tf.add(moved, half)], -1);
}
