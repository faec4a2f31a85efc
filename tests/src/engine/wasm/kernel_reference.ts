// What the tests of the WASM kernels compare with: the definitions of reading a value and writing its gradient, in float64.
import { assert, assertEquals } from "@std/assert";
import type { ValueSpec } from "./kernel_memory.ts";

/** Reproducible values from -`range` to `range`. */
export function randomFloats(count: number, seed: number, range = 1): Float32Array {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * range;
  });
}

/** Scale from 0.5 to 1.5, the rest around 0, as `[4, channels]`. */
export function randomCoefficients(channels: number, seed: number): Float32Array {
  return randomFloats(4 * channels, seed, 0.5).map((value, index) => {
    const row = Math.floor(index / channels);
    return row === 0 || row === 3 ? 1 + value : value;
  });
}

/** Before its activation: `scale * raw + shift`. */
export function beforeActivation({ raw, coefficients, channels }: ValueSpec, index: number): number {
  const channel = index % channels;
  return coefficients ? coefficients[channel] * raw![index] + coefficients[channels + channel] : raw![index];
}

/** The value that a reader sees, dense. */
export function readValue(value: ValueSpec): Float64Array {
  const { raw, gate, channels, height, width, activation = "none" } = value;
  return Float64Array.from(raw!, (_, index) => {
    let z = beforeActivation(value, index);
    if (activation !== "none") z = Math.min(Math.max(z, 0), activation === "relu6" ? 6 : Infinity);
    const image = Math.floor(index / (height * width * channels));
    return gate ? z * gate[image * channels + index % channels] : z;
  });
}

/** What must lie in the gradient and its sums once `gradient`, that of the value itself, has been brought to it. */
export function expectedGradient(value: ValueSpec, gradient: ArrayLike<number>, mode: number) {
  const { raw, coefficients, channels, activation = "none", gate } = value;
  const sums = new Float64Array(2 * channels);
  const stored = Float64Array.from(raw!, (y, index) => {
    const z = beforeActivation(value, index);
    const inside = gate || activation === "none" || (z > 0 && (activation === "relu" || z < 6));
    const g = inside ? gradient[index] : 0;
    const channel = index % channels;
    sums[channel] += g;
    sums[channels + channel] += g * (y - (coefficients?.[2 * channels + channel] ?? 0));
    return mode === 2 ? value.gradient![index] + g : g;
  });
  return { stored, sums };
}

/** Fails where two results differ by more than `tolerance` times the largest expected value (at least 1). */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  tolerance = 1e-5,
): void {
  assertEquals(actual.length, expected.length, `${what}: length`);
  const scale = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  for (let index = 0; index < expected.length; index++) {
    const near = Math.abs(actual[index] - expected[index]) <= tolerance * scale;
    assert(near, `${what}[${index}] is ${actual[index]}, expected ${expected[index]}`);
  }
}
