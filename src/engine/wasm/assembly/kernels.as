export { batchNorm, batchNormGradient, batchNormScratchFloats } from "./batch_norm";
export { convolutionScratchFloats, convolve, convolveFilterGradient, convolveInputGradient } from "./convolution";
export {
  averagePoolGradient,
  depthwise,
  depthwiseFilterGradient,
  depthwiseInputGradient,
  depthwiseScratchFloats,
} from "./depthwise";
export { multiply, multiplyScratchFloats, multiplyTransposedLeft } from "./matrix_product";
