// Magnitude pruning: the smallest weights become zero and stay so. Han et al. 2015, "Learning both Weights and
// Connections for Efficient Neural Networks" (1506.02626).
import { kernelsOf, kernelValues } from "../quantisation/kernels.ts";
import type { Architecture } from "../schemas/architecture.ts";

/** Marks in `mask` the `count` smallest magnitudes of the values at `places` with 0; of equal ones the first. */
function maskSmallest(parameters: Float32Array, places: Uint32Array, count: number, mask: Uint8Array): void {
  const order = places.toSorted((a, b) => Math.abs(parameters[a]) - Math.abs(parameters[b]) || a - b);
  for (const place of order.subarray(0, count)) mask[place] = 0;
}

/**
 * 1 for each parameter that stays, 0 for the `sparsity` of the kernels' weights that are smallest: among all of them,
 * or (`layer`) among those of each kernel. Batch norm and biases stay. RangeError on a sparsity outside 0 to below 1.
 */
export function magnitudeMask(
  architecture: Architecture,
  parameters: Float32Array,
  { sparsity, scope }: { sparsity: number; scope: "network" | "layer" },
): Uint8Array {
  if (!(sparsity >= 0 && sparsity < 1)) throw new RangeError(`sparsity must be from 0 to below 1, got ${sparsity}`);
  const mask = new Uint8Array(parameters.length).fill(1);
  const groups = kernelsOf(architecture).map(({ offset, size }) =>
    Uint32Array.from({ length: size }, (_, index) => offset + index)
  );
  const scopes = scope === "layer" ? groups : [Uint32Array.from(groups.flatMap((places) => [...places]))];
  for (const places of scopes) maskSmallest(parameters, places, Math.round(sparsity * places.length), mask);
  return mask;
}

/** Sets what the mask leaves out to zero, in place. */
export function applyMask(mask: Uint8Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) if (mask[i] === 0) values[i] = 0;
}

/** Share of the kernels' weights that are zero. */
export function kernelSparsity(architecture: Architecture, parameters: Float32Array): number {
  let zeros = 0;
  let all = 0;
  for (const kernel of kernelsOf(architecture)) {
    for (const value of kernelValues(parameters, kernel)) if (value === 0) zeros++;
    all += kernel.size;
  }
  return zeros / all;
}
