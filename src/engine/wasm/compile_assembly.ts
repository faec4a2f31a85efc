// Compiles AssemblyScript. The sources end in .as, because Deno's formatter would silently strip AssemblyScript's
// decorators from .ts files.
import asc from "assemblyscript/asc";

/**
 * The binary of the module `entry`, an .as file that may import others beside it; the same bytes each time. `options` are
 * the compiler's. Throws an Error with the compiler's messages.
 */
export async function compileAssembly(entry: URL, options: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const readFile = async (name: string) => {
    try {
      return await Deno.readTextFile(new URL(name.replace(/\.ts$/, ".as"), entry));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  };
  const name = entry.pathname.slice(entry.pathname.lastIndexOf("/") + 1).replace(/\.as$/, ".ts");
  // What we compile never allocates, so the smallest runtime does.
  const fixed = [
    ...["-O3", "--noAssert", "--runtime", "minimal", "--use", "abort=", "--importMemory", "--enable", "simd"],
    ...["--outFile", "out.wasm"],
  ];
  const { error, stderr } = await asc.main([name, ...fixed, ...options], {
    readFile,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = new Uint8Array(contents);
    },
    listFiles: () => null,
  });
  if (error || !binary) throw new Error(`${name} does not compile: ${stderr.toString()}`);
  return binary;
}
