// Checks that several ops share.
import type { Shape } from "./op.ts";

/** The one image-shaped input `[height, width, channels]`, or a RangeError that names `op`. */
export function imageShape(op: string, inputs: readonly Shape[]): readonly [number, number, number] {
  if (inputs.length !== 1 || inputs[0].length !== 3) {
    throw new RangeError(`${op} takes one input [height, width, channels], got ${JSON.stringify(inputs)}`);
  }
  const [height, width, channels] = inputs[0];
  return [height, width, channels];
}

/** `[height, width]` after a stride with "same" padding. */
export function strided(height: number, width: number, stride: number): readonly [number, number] {
  return [Math.ceil(height / stride), Math.ceil(width / stride)];
}

/** RangeError where `rate`, of `what`, is above 0 on the tape, which has no random numbers. */
export function requireNoRate(what: string, rate: number): void {
  if (rate > 0) throw new RangeError(`the gradient tape has no ${what}: the rate must be 0 there, got ${rate}`);
}
