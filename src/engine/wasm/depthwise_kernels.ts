// The depthwise convolution and its two gradients.
import * as tf from "@tensorflow/tfjs";
import { geometryFields, isSupported, requireSupported } from "./geometry.ts";
import type { Kernel } from "./kernel.ts";

type Shape4D = [number, number, number, number];

interface DepthwiseAttributes {
  strides: number | [number, number];
  pad: "same" | "valid" | number;
  dilations?: number | [number, number] | null;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

function depthwiseInfo(xShape: number[], filterShape: number[], attributes: DepthwiseAttributes) {
  const { strides, pad, dilations, dimRoundingMode } = attributes;
  return tf.backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
}

const depthwise: Kernel = {
  name: tf.DepthwiseConv2dNative,
  run(library, { x, filter }, attributes: DepthwiseAttributes) {
    const info = depthwiseInfo(x.shape, filter.shape, attributes);
    if (!isSupported(info, { depthwise: true })) return null;
    const y = library.output(info.outShape);
    const [from, weights, to] = [x, filter, y].map((tensor) => library.address(tensor));
    const { depthwise, depthwiseScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), depthwiseScratchFloats, (geometry, scratch) => {
      depthwise(geometry, from, weights, to, scratch);
    });
    return y;
  },
};

const inputGradient: Kernel = {
  name: tf.DepthwiseConv2dNativeBackpropInput,
  run(library, { dy, filter }, attributes: DepthwiseAttributes & { inputShape: number[] }) {
    const info = depthwiseInfo(attributes.inputShape, filter.shape, attributes);
    requireSupported(tf.DepthwiseConv2dNativeBackpropInput, info, { depthwise: true });
    const dx = library.output(info.inShape);
    const [from, weights, to] = [dy, filter, dx].map((tensor) => library.address(tensor));
    const { depthwiseInputGradient, depthwiseScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), depthwiseScratchFloats, (geometry, scratch) => {
      depthwiseInputGradient(geometry, from, weights, to, scratch);
    });
    return dx;
  },
};

const filterGradient: Kernel = {
  name: tf.DepthwiseConv2dNativeBackpropFilter,
  run(library, { x, dy }, attributes: DepthwiseAttributes & { filterShape: number[] }) {
    const info = depthwiseInfo(x.shape, attributes.filterShape, attributes);
    requireSupported(tf.DepthwiseConv2dNativeBackpropFilter, info, { depthwise: true });
    const dFilter = library.output(info.filterShape);
    const [from, gradient, to] = [x, dy, dFilter].map((tensor) => library.address(tensor));
    const { depthwiseFilterGradient, depthwiseScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), depthwiseScratchFloats, (geometry, scratch) => {
      depthwiseFilterGradient(geometry, from, gradient, to, scratch);
    });
    return dFilter;
  },
};

/** DepthwiseConv2dNative, DepthwiseConv2dNativeBackpropInput and DepthwiseConv2dNativeBackpropFilter. */
export const depthwiseKernels: Kernel[] = [depthwise, inputGradient, filterGradient];
