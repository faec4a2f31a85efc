// Compiles the kernels to the two committed binaries beside them: `deno task build-kernels`.
import { compileAssembly } from "./compile_assembly.ts";
import { declaredPages, kernelBinaryUrl, type KernelVariant } from "./module.ts";

// Every memory is shared, so that one binary serves one thread and several; module.ts writes the size that it is to have.
const memoryOptions = [
  ...["--enable", "threads", "--sharedMemory"],
  ...["--initialMemory", String(declaredPages), "--maximumMemory", String(declaredPages)],
];

/** The binary of `variant`, the same bytes each time. Throws an Error with the compiler's messages. */
export async function compileKernels(variant: KernelVariant): Promise<Uint8Array> {
  const relaxed = variant === "relaxed" ? ["--enable", "relaxed-simd"] : [];
  return await compileAssembly(new URL("./kernels/kernels.as", import.meta.url), [...memoryOptions, ...relaxed]);
}

if (import.meta.main) {
  for (const variant of ["relaxed", "simd"] as const) {
    const binary = await compileKernels(variant);
    await Deno.writeFile(kernelBinaryUrl(variant), binary);
    console.log(`kernels.${variant}.wasm: ${binary.length} bytes`);
  }
}
