// The convolution and its two gradients.
import * as tf from "@tensorflow/tfjs";
import { geometryFields, isSupported, requireSupported } from "./geometry.ts";
import type { Kernel } from "./kernel.ts";

type Shape4D = [number, number, number, number];

interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: "same" | "valid" | number;
  dilations?: number | [number, number];
  dimRoundingMode?: "floor" | "round" | "ceil";
  dataFormat: "NHWC" | "NCHW";
}

function convolutionInfo(xShape: number[], filterShape: number[], attributes: ConvolutionAttributes) {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attributes;
  return tf.backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat),
  );
}

const convolution: Kernel = {
  name: tf.Conv2D,
  run(library, { x, filter }, attributes: ConvolutionAttributes) {
    const info = convolutionInfo(x.shape, filter.shape, attributes);
    if (!isSupported(info)) return null;
    const y = library.output(info.outShape);
    const [from, weights, to] = [x, filter, y].map((tensor) => library.address(tensor));
    const { convolve, convolutionScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), convolutionScratchFloats, (geometry, scratch) => {
      convolve(geometry, from, weights, to, scratch);
    });
    return y;
  },
};

const inputGradient: Kernel = {
  name: tf.Conv2DBackpropInput,
  run(library, { dy, filter }, attributes: ConvolutionAttributes & { inputShape: number[] }) {
    const info = convolutionInfo(attributes.inputShape, filter.shape, attributes);
    if (!isSupported(info)) return null;
    const dx = library.output(info.inShape);
    const [from, weights, to] = [dy, filter, dx].map((tensor) => library.address(tensor));
    const { convolveInputGradient, convolutionScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), convolutionScratchFloats, (geometry, scratch) => {
      convolveInputGradient(geometry, from, weights, to, scratch);
    });
    return dx;
  },
};

const filterGradient: Kernel = {
  name: tf.Conv2DBackpropFilter,
  run(library, { x, dy }, attributes: ConvolutionAttributes & { filterShape: number[] }) {
    const info = convolutionInfo(x.shape, attributes.filterShape, attributes);
    requireSupported(tf.Conv2DBackpropFilter, info);
    const dFilter = library.output(info.filterShape);
    const [from, gradient, to] = [x, dy, dFilter].map((tensor) => library.address(tensor));
    const { convolveFilterGradient, convolutionScratchFloats } = library.kernels;
    library.withGeometry(geometryFields(info), convolutionScratchFloats, (geometry, scratch) => {
      convolveFilterGradient(geometry, from, gradient, to, scratch);
    });
    return dFilter;
  },
};

/** Conv2D, Conv2DBackpropInput and Conv2DBackpropFilter. */
export const convolutionKernels: Kernel[] = [convolution, inputGradient, filterGradient];
