import { type Tensor, zeros } from "./tensor.ts";

export interface Window {
  kernel: number;
  stride: number;
}

/** Rows or columns of padding before the first: TensorFlow's "same", which puts the odd one behind. */
function paddingBefore(length: number, { kernel, stride }: Window): number {
  const outputs = Math.ceil(length / stride);
  return Math.floor(Math.max(0, (outputs - 1) * stride + kernel - length) / 2);
}

/** Zeros in the shape that "same" padding gives, with `channels`. */
export function stridedZeros(x: Tensor, { stride }: { stride: number }, channels: number): Tensor {
  return zeros(x.batch, Math.ceil(x.height / stride), Math.ceil(x.width / stride), channels);
}

/** The pixels of the image that the output at `(row, column)` sees, with their places in the kernel. */
export function* pixelsSeen(x: Tensor, window: Window, row: number, column: number) {
  for (let kernelY = 0; kernelY < window.kernel; kernelY++) {
    for (let kernelX = 0; kernelX < window.kernel; kernelX++) {
      const inputY = row * window.stride - paddingBefore(x.height, window) + kernelY;
      const inputX = column * window.stride - paddingBefore(x.width, window) + kernelX;
      if (inputY < 0 || inputY >= x.height || inputX < 0 || inputX >= x.width) continue;
      yield { kernelY, kernelX, inputY, inputX };
    }
  }
}

/** All output pixels of a batch. */
export function* pixels({ batch, height, width }: Tensor) {
  for (let image = 0; image < batch; image++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) yield { image, y, x };
    }
  }
}
