// Compiles the AssemblyScript kernels to the two committed binaries beside this file: `deno task build-kernels`.
// The sources end in .as, because Deno's formatter would silently strip AssemblyScript's decorators from .ts files.
import asc from "assemblyscript/asc";
import { declaredPages, kernelBinaryUrl, type KernelVariant } from "./module.ts";

const sources = new URL("./kernels/", import.meta.url);

// Every memory is shared, so that one binary serves one thread and several; module.ts writes the size that it is to have. The "stub" runtime is AssemblyScript's
// smallest: the kernels never allocate.
const commonOptions = [
  ...["-O3", "--noAssert", "--runtime", "stub", "--use", "abort=", "--enable", "simd", "--enable", "threads"],
  ...["--importMemory", "--sharedMemory"],
  ...["--initialMemory", String(declaredPages), "--maximumMemory", String(declaredPages)],
];

async function readSource(name: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(new URL(name.replace(/\.ts$/, ".as"), sources));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The binary of `variant`, the same bytes each time. Throws an Error with the compiler's messages. */
export async function compileKernels(variant: KernelVariant): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const options = [...commonOptions];
  if (variant === "relaxed") options.push("--enable", "relaxed-simd");
  const { error, stderr } = await asc.main(["kernels.ts", ...options, "--outFile", "kernels.wasm"], {
    readFile: readSource,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => null,
  });
  if (error || !binary) throw new Error(`the ${variant} kernels do not compile: ${stderr.toString()}`);
  return binary;
}

if (import.meta.main) {
  for (const variant of ["relaxed", "simd"] as const) {
    const binary = await compileKernels(variant);
    await Deno.writeFile(kernelBinaryUrl(variant), binary);
    console.log(`kernels.${variant}.wasm: ${binary.length} bytes`);
  }
}
