// The module: per op the kernels of step.as's convention, found by name, and those that the host calls itself.
export {
  averagePoolBackward,
  averagePoolForward,
  averagePoolPartialFloats,
  averagePoolScratchFloats,
} from "./average_pool";
export { batchProduct, batchProductScratchFloats } from "./batch_product";
export { addBackward, addForward, addPartialFloats, addScratchFloats } from "./addition";
export { convBackward, convBackwardFinish, convPartialFloats, convScratchFloats } from "./convolution_backward";
export { convForward, convForwardFinish } from "./convolution";
export { denseBackward, denseBackwardFinish, denseForward, densePartialFloats, denseScratchFloats } from "./dense";
export {
  depthwiseConvBackward,
  depthwiseConvBackwardFinish,
  depthwiseConvForward,
  depthwiseConvForwardFinish,
  depthwiseConvPartialFloats,
  depthwiseConvScratchFloats,
} from "./depthwise";
export { dropoutBackward, dropoutForward, dropoutPartialFloats, dropoutScratchFloats } from "./dropout";
export {
  globalAveragePoolBackward,
  globalAveragePoolForward,
  globalAveragePoolPartialFloats,
  globalAveragePoolScratchFloats,
} from "./global_average_pool";
export { maxPoolBackward, maxPoolForward, maxPoolPartialFloats, maxPoolScratchFloats } from "./max_pool";
export {
  squeezeExciteBackward,
  squeezeExciteBackwardFinish,
  squeezeExciteForward,
  squeezeExcitePartialFloats,
  squeezeExciteScratchFloats,
} from "./squeeze_excite";
export { subsampleBackward, subsampleForward, subsamplePartialFloats, subsampleScratchFloats } from "./subsample";

export { fakeQuantise } from "./quantise";
export { softTargetLoss } from "./loss";
export { adam, movingAverage, rmsProp, sgd } from "./optimizer";
export { extractPort, injectPort, packRows, unpackRows } from "./ports";

/** Where the module's own data ends, in bytes. */
export function heapBase(): usize {
  return __heap_base;
}
