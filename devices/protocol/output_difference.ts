// How far a device's outputs are from this machine's.
import type { RuntimeName } from "../../src/schemas/measurement.ts";

/** How far outputs may be off, relative to the largest expected one. */
export const outputTolerances: Record<RuntimeName, number> = {
  "tfjs-wasm": 1e-3,
  "tfjs-wasm-threads": 1e-3,
  // Phones without 32-bit float textures compute in half precision.
  "tfjs-webgl": 2e-2,
  "tfjs-webgpu": 1e-3,
  "onnxruntime-wasm": 1e-3,
  "onnxruntime-wasm-threads": 1e-3,
  "onnxruntime-webgpu": 1e-3,
};

/** Stands for "cannot be compared" where JSON has no infinity. */
const incomparable = Number.MAX_VALUE;

/**
 * Largest absolute difference, over the largest expected absolute value (over 1 where all are 0). `Number.MAX_VALUE` where
 * there are no outputs, or a wrong number of them.
 */
export function outputDifference(outputs: readonly number[], expected: readonly number[]): number {
  if (outputs.length === 0 || outputs.length !== expected.length) return incomparable;
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const largest = outputs.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index])), 0);
  // A difference that is not a number must not pass as small.
  return Number.isFinite(largest / scale) ? largest / scale : incomparable;
}
