// What a network is given, and what of its answer is compared: the same on the device and on this machine.
import { hashSeed, Random } from "../../src/data/random.ts";
import type { NetworkInput } from "../../src/schemas/measurement.ts";

/** At most so many output values are compared. */
export const checkedOutputs = 4096;

/** The input, flat, in the order in which the network takes it: normally distributed, from the seed alone. */
export function inputValues({ shape, seed, channelsFirst }: NetworkInput): Float32Array {
  const random = new Random(hashSeed(seed, "check input"));
  const values = Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    () => random.normal(),
  );
  if (!channelsFirst) return values;
  const [, height, width, channels] = shape;
  const pixels = height * width;
  return Float32Array.from(values, (_, index) => values[(index % pixels) * channels + Math.floor(index / pixels)]);
}

/** The shape in which the network takes its input. */
export function inputShape({ shape, channelsFirst }: NetworkInput): number[] {
  if (!channelsFirst) return [...shape];
  const [batch, height, width, channels] = shape;
  return [batch, channels, height, width];
}

/** Evenly spread values of the outputs, all of them where they are few. A copy. */
export function checkedValues(outputs: Float32Array): number[] {
  const step = Math.ceil(outputs.length / checkedOutputs);
  return Array.from({ length: Math.ceil(outputs.length / step) }, (_, index) => outputs[index * step]);
}
