import * as tf from "@tensorflow/tfjs";
import { geometryFields, requireSupported } from "./geometry.ts";
import type { Kernel } from "./kernel.ts";

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: "same" | "valid" | number;
}

/** AvgPoolGrad as tfjs defines it: each pixel of dy spread evenly over its whole window, padding included. */
export const averagePoolGradientKernel: Kernel = {
  name: tf.AvgPoolGrad,
  run(library, { dy, input }, { filterSize, strides, pad }: PoolAttributes) {
    const shape = input.shape as [number, number, number, number];
    const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
    requireSupported(tf.AvgPoolGrad, info);
    const dx = library.output(info.inShape);
    const [from, to] = [dy, dx].map((tensor) => library.address(tensor));
    const { averagePoolGradient, depthwiseScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), depthwiseScratchFloats, (geometry, scratch) => {
      averagePoolGradient(geometry, from, to, scratch);
    });
    return dx;
  },
};
