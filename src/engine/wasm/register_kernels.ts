// The one place where our kernels enter tfjs's registry, beside or in place of its own for the wasm backend.
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { averagePoolGradientKernel } from "./average_pool_gradient_kernel.ts";
import { batchNormGradient, batchNormKernels } from "./batch_norm_kernels.ts";
import { convolutionKernels } from "./convolution_kernels.ts";
import { depthwiseKernels } from "./depthwise_kernels.ts";
import { identityKernel } from "./identity_kernel.ts";
import type { Kernel } from "./kernel.ts";
import { KernelLibrary, type KernelVariant } from "./kernel_library.ts";
import { matrixProductKernel } from "./matrix_product_kernel.ts";
import { splitKernel } from "./split_kernel.ts";

const backendName = "wasm";

/** All kernels of ours. */
export const kernels: readonly Kernel[] = [
  ...convolutionKernels,
  ...depthwiseKernels,
  averagePoolGradientKernel,
  ...batchNormKernels,
  matrixProductKernel,
  identityKernel,
  splitKernel,
];

// What tfjs itself has under our names, kept because some of ours leave rare cases to it.
const stockKernels = new Map<string, tf.KernelConfig>();
const registered = new Set<string>();

function configOf(kernel: Kernel, library: KernelLibrary): tf.KernelConfig {
  return {
    kernelName: kernel.name,
    backendName,
    kernelFunc(parameters) {
      const output = kernel.run(library, parameters.inputs as tf.NamedTensorMap, parameters.attrs);
      if (output) return output;
      const stock = stockKernels.get(kernel.name);
      if (!stock) throw new Error(`${kernel.name} is not possible on ${backendName}: tfjs has no kernel for this case`);
      return stock.kernelFunc(parameters);
    },
  };
}

/**
 * Registers our kernels for tfjs's wasm backend, which must have started; again with another `variant` replaces them.
 * Gives the variant in use: the fastest that the runtime knows, unless one is asked for.
 */
export async function registerKernels(
  backend: BackendWasm,
  options: { variant?: KernelVariant } = {},
): Promise<KernelVariant> {
  const library = await KernelLibrary.load(backend, options);
  for (const kernel of kernels) {
    const present = tf.getKernel(kernel.name, backendName);
    if (present) {
      if (!registered.has(kernel.name)) stockKernels.set(kernel.name, present);
      tf.unregisterKernel(kernel.name, backendName);
    }
    tf.registerKernel(configOf(kernel, library));
    registered.add(kernel.name);
  }
  tf.registerGradient(batchNormGradient);
  return library.variant;
}
