// A device on a virtual clock: networks cost what they are told to, and time passes only by what is done.
import type { LoadHooks, Surroundings } from "../../../devices/protocol/measure_load.ts";
import type { StartedRuntime } from "../../../devices/runtimes/runtime.ts";
import type { LoadReport, LoadRequest, MeasuredNetwork, RawLoad } from "../../../src/schemas/measurement.ts";
import { PROTOCOL } from "../../../src/schemas/measurement.ts";
import { measureLoad } from "../../../devices/protocol/measure_load.ts";
import { Random } from "../../../src/data/random.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

/** What an inference of a network takes, `nowMs` after the start, at its `run`-th time; may throw. */
export type Cost = (nowMs: number, run: number) => number;

export interface SimulationOptions {
  tickMs?: number;
  /** Multiplies every cost. */
  slowness?: (nowMs: number) => number;
  /** Log standard deviation of single inferences. */
  noise?: number;
  seed?: number;
  outputs?: (network: number, run: number) => number[];
  hidden?: (nowMs: number) => boolean;
  failBuild?: number;
  lost?: Promise<string>;
  softwareAdapter?: boolean;
}

/** Milliseconds of the small and the large reference. */
export const smallMs = 0.25;
export const largeMs = 2;

/** A simulated device whose networks cost `costs`, the references among them. */
export function simulate(costs: readonly Cost[], options: SimulationOptions = {}) {
  const { tickMs = 0.005, slowness = () => 1, noise = 0.02, outputs = () => [1, -2, 3] } = options;
  const random = new Random(options.seed ?? 1);
  let nowMs = 0;
  let rests = 0;
  let built = 0;
  const primer = costs.length;
  const runs = [...costs, 0].map(() => 0);
  const alive = new Set<number>();
  const order: number[] = [];
  let disposedTwice = false;
  const runtime: StartedRuntime = {
    backend: "simulated",
    softwareAdapter: options.softwareAdapter ?? false,
    settings: { threads: 1 },
    lost: options.lost,
    build() {
      // The first one is the small reference once more, and never timed.
      const network = built++ === 0 ? primer : built - 2;
      if (network === options.failBuild) return Promise.reject(new Error("no kernel for\n this op"));
      alive.add(network);
      return Promise.resolve({
        cold: { downloadMs: 0, buildMs: 1 },
        infer() {
          const run = runs[network]++;
          order.push(network);
          const cost = network === primer ? costs[0] : costs[network];
          nowMs += cost(nowMs, run) * slowness(nowMs) * Math.exp(noise * random.normal());
          return Promise.resolve(Float32Array.from(outputs(network, run)));
        },
        dispose() {
          if (!alive.delete(network)) disposedTwice = true;
        },
      });
    },
  };
  const surroundings: Surroundings = {
    // Reading it takes 0.1 us.
    clock: () => Math.floor((nowMs += 0.0001) / tickMs) * tickMs,
    rest: () => {
      rests++;
      return Promise.resolve();
    },
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
    hidden: () => options.hidden?.(nowMs) ?? false,
    facts: () => ({ userAgent: "simulated", crossOriginIsolated: true, wakeLock: "held" }),
  };
  return {
    runtime,
    surroundings,
    nowMs: () => nowMs,
    rests: () => rests,
    /** The networks in the order of their inferences. */
    order: () => order,
    runs: () => runs.reduce((sum, count) => sum + count, 0),
    leaks: () => alive.size > 0 || disposedTwice,
  };
}

export const anyNetwork: MeasuredNetwork = {
  source: { kind: "architecture", architecture: tinyArchitecture, seed: 1 },
  input: { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false },
};

export function loadRequest(networks: number, change: Partial<LoadRequest> = {}): LoadRequest {
  return {
    protocol: PROTOCOL,
    runtime: "tfjs-wasm",
    profile: "fast",
    seed: 1,
    load: 0,
    loads: 1,
    networks: Array.from({ length: networks }, () => anyNetwork),
    ...change,
  };
}

/** One load of the references and `candidates` on a simulated device. */
export async function simulatedLoad(
  candidates: readonly Cost[],
  { request = {}, hooks = {}, ...options }: SimulationOptions & {
    request?: Partial<LoadRequest>;
    hooks?: Partial<LoadHooks>;
  } = {},
): Promise<RawLoad & { device: ReturnType<typeof simulate>; pieces: number[]; activities: string[] }> {
  const device = simulate([() => smallMs, () => largeMs, ...candidates], options);
  const rounds: number[][] = [];
  const pieces: number[] = [];
  const activities: string[] = [];
  const report: LoadReport = await measureLoad(
    loadRequest(candidates.length + 2, request),
    device.runtime,
    device.surroundings,
    {
      onRounds: (more) => {
        pieces.push(JSON.stringify(more).length);
        rounds.push(...more);
        return Promise.resolve();
      },
      onActivity: (activity) => void activities.push(activity),
      ...hooks,
    },
  );
  return { report, rounds, device, pieces, activities };
}
