// The ceilings that kernels are measured against, on this machine and in this runtime: peak.as, compiled when asked.
import { compileAssembly } from "../src/engine/wasm/compile_assembly.ts";

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
  const binary = await compileAssembly(new URL("./peak.as", import.meta.url), ["--enable", "relaxed-simd"]);
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  const { multiplyAdds, copy } = instance.exports as Record<string, (...values: number[]) => number>;
  const source = 65_536;
  return {
    gigaflops: flopsPerIteration * iterations / leastSeconds(() => multiplyAdds(iterations, 1e-3)) / 1e9,
    gigabytes: 2 * copiedBytes / leastSeconds(() => copy(copiedBytes, source, source + copiedBytes)) / 1e9,
  };
}
