import type * as tf from "@tensorflow/tfjs";

type ConvolutionInfo = tf.backend_util.Conv2DInfo;

/** Fields of assembly/geometry.as, in its order. */
export function geometryFields(info: ConvolutionInfo): number[] {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}

/** Whether our kernels cover it: channels last, dilation 1 and, where `depthwise`, one output for each channel. */
export function isSupported(info: ConvolutionInfo, { depthwise = false } = {}): boolean {
  return info.dataFormat === "channelsLast" && info.dilationHeight === 1 && info.dilationWidth === 1 &&
    (!depthwise || info.inChannels === info.outChannels);
}

/** Throws a RangeError that names `kernel` where it is not supported. */
export function requireSupported(kernel: string, info: ConvolutionInfo, options: { depthwise?: boolean } = {}): void {
  if (isSupported(info, options)) return;
  const { dataFormat, dilationHeight, dilationWidth, inChannels, outChannels } = info;
  throw new RangeError(
    `${kernel} on wasm needs channelsLast and dilation 1${options.depthwise ? ", and one output per channel" : ""}, ` +
      `got ${dataFormat}, dilation ${dilationHeight}x${dilationWidth}, ${inChannels} to ${outChannels} channels`,
  );
}
