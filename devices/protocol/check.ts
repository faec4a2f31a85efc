// What a network is given, and what of its answer is compared: the same on the device and on this machine.
import { hashSeed, Random } from "../../src/data/random.ts";
import type { NetworkInput } from "../../src/schemas/measurement.ts";

/** At most so many output values are compared, of all networks of a load together. */
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

function thinned(values: ArrayLike<number>, most: number): number[] {
  const step = Math.max(1, Math.ceil(values.length / most));
  return Array.from({ length: Math.ceil(values.length / step) }, (_, index) => values[index * step]);
}

/**
 * Evenly spread values of the outputs of one of `networks` networks that are checked together, all of them where they are
 * few: one report holds the values of all. Checked values may be thinned again, for more networks. A copy.
 */
export function checkedValues(outputs: ArrayLike<number>, networks = 1): number[] {
  return thinned(thinned(outputs, checkedOutputs), Math.floor(checkedOutputs / networks));
}

/** Eight digits: as many as a 32-bit float has, and short as JSON. */
export function shortValue(value: number): number {
  return Number(value.toPrecision(8));
}
