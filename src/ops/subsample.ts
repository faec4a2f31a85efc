import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape, strided } from "./shapes.ts";

/** Zero channels before and after, of `channels` that become `node.channels`. */
function channelPadding(node: NodeOf<"subsample">, channels: number): [before: number, after: number] {
  const added = node.channels - channels;
  return [added >> 1, added - (added >> 1)];
}

function subsampled(node: NodeOf<"subsample">, x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape;
  const [before, after] = channelPadding(node, channels);
  const pixels = node.stride === 1
    ? x
    : tf.stridedSlice(x, [0, 0, 0, 0], [batch, height, width, channels], [1, node.stride, node.stride, 1]);
  return before + after === 0 ? tf.clone(pixels) : tf.pad(pixels, [[0, 0], [0, 0], [0, 0], [before, after]]);
}

/** The same of slices, since tfjs has no gradient of stridedSlice: rows of pairs of which the first stays. */
function differentiable(node: NodeOf<"subsample">, x: tf.Tensor): tf.Tensor {
  const { stride } = node;
  const [batch, height, width, channels] = x.shape;
  const [outHeight, outWidth] = strided(height, width, stride);
  const padding = [outHeight * stride - height, outWidth * stride - width];
  const whole = tf.pad(x, [[0, 0], [0, padding[0]], [0, padding[1]], channelPadding(node, channels)]);
  const rowLength = outWidth * stride * node.channels;
  const rows = tf.slice(tf.reshape(whole, [batch * outHeight, stride * rowLength]), [0, 0], [-1, rowLength]);
  const pixels = tf.slice(tf.reshape(rows, [-1, stride * node.channels]), [0, 0], [-1, node.channels]);
  return tf.reshape(pixels, [batch, outHeight, outWidth, node.channels]);
}

/**
 * Every stride-th pixel from the first on, with zero channels added on both sides: the shortcut without parameters of
 * He et al. 2015, 1512.03385, section 4.2.
 */
export const subsample: Op<NodeOf<"subsample">> = {
  outputShape(node, inputs) {
    const [height, width, channels] = imageShape("subsample", inputs);
    if (node.channels < channels) {
      throw new RangeError(`subsample gives at least its input's ${channels} channels, got ${node.channels}`);
    }
    return [...strided(height, width, node.stride), node.channels];
  },
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  train: (node, [x]) => ({ output: differentiable(node, x), statistics: [] }),
  evaluate: (node, [x]) => subsampled(node, x),
  fold: () => [],
  deployed: (node, [x]) => subsampled(node, x),
};
