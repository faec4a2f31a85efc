// Runs in a page: one load of the product's harness, and every few rounds the same blocks of inferences in bare loops, so
// that both see the same machine. What the harness adds to its samples is the difference.
import { measureLoad } from "../../devices/protocol/measure_load.ts";
import { rest } from "../../devices/page/rest.ts";
import type { RunningNetwork, StartRuntime } from "../../devices/runtimes/runtime.ts";
import { Random } from "../../src/data/random.ts";
import type { LoadRequest } from "../../src/schemas/measurement.ts";

export interface BesideBare {
  /** Milliseconds per inference, by network. */
  harnessMs: number[][];
  bareMs: number[][];
}

/** Bare rounds that count, at each rest of the harness. */
const bareRounds = 3;

interface Observed extends RunningNetwork {
  /** Inferences of its last whole block. */
  blockRuns: number;
}

async function bareBlock(network: RunningNetwork, runs: number): Promise<number> {
  const startMs = performance.now();
  for (let run = 0; run < runs; run++) await network.infer();
  return (performance.now() - startMs) / runs;
}

/** Runs `request` beside bare loops. */
export async function measureBesideBare(request: LoadRequest): Promise<BesideBare> {
  const folder = new URL("/runtimes/", location.origin).href;
  const module: { start: Record<string, StartRuntime> } = await import(`${folder}tfjs.js`);
  const runtime = await module.start[request.runtime]({
    files: folder,
    modelFile: () => Promise.reject(new Error("an architecture has no files")),
    clock: () => performance.now(),
  });
  const networks: Observed[] = [];
  const bareMs: number[][] = request.networks.map(() => []);
  const rounds: number[][] = [];
  let current: Observed | undefined;
  let runs = 0;
  let begun = false;
  const random = new Random(1);
  const order = request.networks.map((_network, index) => index);

  const build: typeof runtime.build = async (network) => {
    const running = await runtime.build(network);
    const observed: Observed = {
      ...running,
      blockRuns: 0,
      infer() {
        if (current !== observed) {
          if (current) current.blockRuns = runs;
          current = observed;
          runs = 0;
        }
        runs++;
        return running.infer();
      },
      dispose: () => running.dispose(),
    };
    // The harness builds some networks more than once; the last one is timed.
    networks[request.networks.indexOf(network)] = observed;
    return observed;
  };

  await measureLoad(request, { ...runtime, build }, {
    clock: () => performance.now(),
    async rest() {
      await rest();
      if (!begun) return;
      if (current) current.blockRuns = runs;
      const lengths = networks.map(({ blockRuns }) => blockRuns);
      // After a rest the first round is slower; the harness has it among its own, too, but in another proportion.
      for (let round = 0; round <= bareRounds; round++) {
        random.shuffle(order);
        for (const index of order) {
          const sampleMs = await bareBlock(networks[index], lengths[index]);
          if (round > 0) bareMs[index].push(sampleMs);
        }
      }
      current = undefined;
    },
    facts: () => ({
      userAgent: navigator.userAgent,
      crossOriginIsolated: globalThis.crossOriginIsolated,
      wakeLock: "absent",
    }),
  }, {
    onRounds(more) {
      rounds.push(...more);
      return Promise.resolve();
    },
    onActivity(activity) {
      // Before its own rounds nothing is warm.
      if (/\d rounds/.test(activity)) begun = true;
    },
  });
  return { harnessMs: networks.map((_network, index) => rounds.map((round) => round[index])), bareMs };
}
