// Reproducible values for tests of ops, and their comparison.
import { assert, assertEquals } from "@std/assert";

/** An array with its shape, independent of any backend. */
export interface Values {
  shape: number[];
  data: Float32Array;
}

/** Reproducible values from -1 to 1. */
export function values(shape: number[], seed: number): Values {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
  const data = Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { shape, data };
}

/** Fails where two results differ in shape or by more than `tolerance` times the largest value (at least 1). */
export function assertClose(actual: Values, expected: Values, { tolerance = 1e-5, what = "result" } = {}): void {
  assertEquals(actual.shape, expected.shape, `${what}: shape`);
  const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  for (const [index, value] of expected.data.entries()) {
    assert(
      Math.abs(actual.data[index] - value) <= tolerance * scale,
      `${what}[${index}] is ${actual.data[index]}, expected ${value}`,
    );
  }
}
