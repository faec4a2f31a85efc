import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { KernelLibrary } from "./kernel_library.ts";

/** A kernel of ours under the name by which tfjs calls it. */
export interface Kernel {
  name: string;
  /**
   * Computes the outputs from tensors of the wasm backend; the attributes are those that tfjs gives this kernel.
   * Null where tfjs's own kernel of that name is to do it.
   */
  // deno-lint-ignore no-explicit-any -- each kernel declares its own attributes; tfjs types none of them
  run(library: KernelLibrary, inputs: Record<string, Tensor>, attributes: any): TensorInfo | TensorInfo[] | null;
}
