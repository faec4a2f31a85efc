// Which weights of a network are quantised or pruned: the kernels of all layers. Batch norm and biases stay as they
// are, they are some percent of the weights and ill suited for few bits.
import { layoutOf, type PlacedWeight } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";

export interface KernelWeight extends PlacedWeight {
  /** Place of its node. */
  node: number;
}

const kernelNames = new Set(["kernel", "squeezeKernel", "exciteKernel"]);

/**
 * Kernels in the order of the flat vector; `skipEnds` leaves out those of the first and the last layer that has one.
 */
export function kernelsOf(architecture: Architecture, options: { skipEnds?: boolean } = {}): KernelWeight[] {
  const kernels = layoutOf(architecture).nodes.flatMap(({ parameters }, node) =>
    parameters.filter(({ name }) => kernelNames.has(name)).map((weight) => ({ ...weight, node }))
  );
  if (!options.skipEnds) return kernels;
  const [first, last] = [kernels[0]?.node, kernels.at(-1)?.node];
  return kernels.filter(({ node }) => node !== first && node !== last);
}

/** The part of the flat vector `parameters` that is `kernel`; a view, not a copy. */
export function kernelValues(parameters: Float32Array, { offset, size }: PlacedWeight): Float32Array {
  return parameters.subarray(offset, offset + size);
}
