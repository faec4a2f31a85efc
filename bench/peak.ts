// The ceilings that kernels are measured against, on this machine and in this runtime: peak.as, compiled when asked.
import asc from "assemblyscript/asc";

/** On one thread. */
export interface Peak {
  /** 10^9 multiplications and additions per second, each counted. */
  gigaflops: number;
  /** 10^9 bytes read and written per second, in arrays that no cache holds. */
  gigabytes: number;
}

const flopsPerIteration = 12 * 4 * 2;
const iterations = 4_000_000;
const copiedBytes = 64 * 2 ** 20;
const repeats = 7;

async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const features = ["--enable", "simd", "--enable", "relaxed-simd"];
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", ...features];
  const { error, stderr } = await asc.main(["peak.ts", ...options, "--outFile", "peak.wasm"], {
    readFile: (name) => name === "peak.ts" ? Deno.readTextFileSync(new URL("./peak.as", import.meta.url)) : null,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = new Uint8Array(contents);
    },
    listFiles: () => null,
  });
  if (error || !binary) throw new Error(`peak.as does not compile: ${stderr.toString()}`);
  return binary;
}

function leastSeconds(work: () => void): number {
  let least = Infinity;
  // Once more than counted: the first warms up.
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const start = performance.now();
    work();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}

/** Measures the ceilings, with fused multiply-adds: the best of some repeats. */
export async function measurePeak(): Promise<Peak> {
  const memory = new WebAssembly.Memory({ initial: 1 + 2 * copiedBytes / 65_536 });
  const { instance } = await WebAssembly.instantiate(await compile(), { env: { memory } });
  const { multiplyAdds, copy } = instance.exports as Record<string, (...values: number[]) => number>;
  const source = 65_536;
  return {
    gigaflops: flopsPerIteration * iterations / leastSeconds(() => multiplyAdds(iterations, 1e-3)) / 1e9,
    gigabytes: 2 * copiedBytes / leastSeconds(() => copy(copiedBytes, source, source + copiedBytes)) / 1e9,
  };
}
