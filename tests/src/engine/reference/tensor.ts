// Tensors of the reference: float64, `[batch, height, width, channels]`; a vector has height and width 1.

export interface Tensor {
  batch: number;
  height: number;
  width: number;
  channels: number;
  data: Float64Array;
}

/** Zeros in the given shape. */
export function zeros(batch: number, height: number, width: number, channels: number): Tensor {
  return { batch, height, width, channels, data: new Float64Array(batch * height * width * channels) };
}

/** Zeros in the shape of `tensor`. */
export function zerosLike({ batch, height, width, channels }: Tensor): Tensor {
  return zeros(batch, height, width, channels);
}

/** `values` in the shape of `tensor`. Throws a RangeError on another length. */
export function shapedLike(tensor: Tensor, values: ArrayLike<number>): Tensor {
  if (values.length !== tensor.data.length) {
    throw new RangeError(`expected ${tensor.data.length} numbers, got ${values.length}`);
  }
  return { ...tensor, data: Float64Array.from(values) };
}

/** Place of an element in the data. */
export function at(tensor: Tensor, image: number, y: number, x: number, channel: number): number {
  return ((image * tensor.height + y) * tensor.width + x) * tensor.channels + channel;
}

/** `tensor` element by element. */
export function map(tensor: Tensor, change: (value: number, index: number) => number): Tensor {
  return { ...tensor, data: tensor.data.map(change) };
}

/** The sum of two tensors of one shape. */
export function plus(a: Tensor, b: Tensor): Tensor {
  return map(a, (value, index) => value + b.data[index]);
}
