// TensorFlow's "same" padding: the output has ceil(size / stride) pixels, and of an odd number of padding pixels the
// one more lies at the end. ONNX's SAME_UPPER means the same, but not every backend of onnxruntime takes it.

function along(size: number, kernel: number, stride: number): [before: number, after: number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return [total >> 1, total - (total >> 1)];
}

/** Attributes of a window over an image of `height` by `width`; pads are top, left, bottom, right. */
export function windowAttributes(
  { kernel, stride }: { kernel: number; stride: number },
  height: number,
  width: number,
): { kernel_shape: number[]; strides: number[]; pads: number[] } {
  const [top, bottom] = along(height, kernel, stride);
  const [left, right] = along(width, kernel, stride);
  return { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [top, left, bottom, right] };
}
