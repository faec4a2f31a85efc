// Means of an average pool leave the padding out, on every tfjs backend; tfjs's gradient divides by the whole window all the
// same, which is wrong at the borders (4.22). Here dy is weighted first, so that the gradient is right on all backends.
import * as tf from "@tensorflow/tfjs";

interface AveragePoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: "same" | "valid" | number;
}

/** For each window position along one axis, how many of its pixels lie in the image. */
function insideCounts(positions: number, stride: number, padding: number, window: number, length: number): number[] {
  return Array.from({ length: positions }, (_, position) => {
    const start = position * stride - padding;
    return Math.min(length, start + window) - Math.max(0, start);
  });
}

/** The gradient of AvgPool, to be registered in place of tfjs's. */
export const averagePoolGradient: tf.GradConfig = {
  kernelName: tf.AvgPool,
  inputsToSave: ["x"],
  gradFunc(dy, [x], attributes) {
    const { filterSize, strides, pad } = attributes as unknown as AveragePoolAttributes;
    const info = tf.backend_util.computePool2DInfo(x.shape as tf.Tensor4D["shape"], filterSize, strides, 1, pad);
    const { outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
    const rows = insideCounts(outHeight, info.strideHeight, padInfo.top, filterHeight, info.inHeight);
    const columns = insideCounts(outWidth, info.strideWidth, padInfo.left, filterWidth, info.inWidth);
    return {
      x: () => {
        const weights = rows.flatMap((row) => columns.map((column) => filterHeight * filterWidth / (row * column)));
        const weighted = tf.mul(dy as tf.Tensor, tf.tensor(weights, [1, outHeight, outWidth, 1]));
        const kernelAttributes = { filterSize, strides, pad };
        return tf.engine().runKernel(tf.AvgPoolGrad, { dy: weighted, input: x }, kernelAttributes) as tf.Tensor;
      },
    };
  },
};
