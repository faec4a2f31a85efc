// Training steps by our engine: `ours.ts relaxed|simd|webgpu JOB`.
import { median } from "../../devices/protocol/statistics.ts";
import type { Network } from "../../src/engine/network.ts";
import { startWasmEngine } from "../../src/engine/wasm/engine.ts";
import { WasmNetwork } from "../../src/engine/wasm/network.ts";
import { isSoftware, requestAdapter } from "../../src/engine/webgpu/adapter.ts";
import { Random } from "../../src/data/random.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import type { KernelTime, TrainerJob } from "./job.ts";
import { serve, type ServedTraining, SkippedError } from "./serve.ts";

async function compile(name: string, job: TrainerJob): Promise<{ network: Network; note: string }> {
  const { architecture, batchSize, software, threads } = job;
  const options = {
    batchSize,
    mode: "training",
    weights: initialiseWeights(architecture, 1),
    optimizer: { name: "adam" },
  } as const;
  if (name === "relaxed" || name === "simd") {
    const engine = await startWasmEngine({ threads, variant: name });
    return { network: await engine.compile(architecture, options), note: engine.description };
  }
  const adapter = await requestAdapter();
  if (!adapter) throw new SkippedError("no WebGPU adapter");
  if (isSoftware(adapter) && !software) throw new SkippedError("only a software adapter; --software");
  // Loaded only here, so that it is no part of the other trainers' memory.
  const { startWebGpuEngine } = await import("../../src/engine/webgpu/engine.ts");
  const engine = await startWebGpuEngine({ adapter });
  return { network: await engine.compile(architecture, options), note: engine.description };
}

async function create(job: TrainerJob): Promise<ServedTraining> {
  const { architecture, batchSize } = job;
  const { network, note } = await compile(Deno.args[0], job);
  const random = new Random(1);
  const { height, width, channels } = architecture.input;
  const images = Float32Array.from({ length: batchSize * height * width * channels }, () => random.normal());
  const labels = Int32Array.from({ length: batchSize }, (_, index) => index % architecture.classes);
  const targets = { labels, temperature: 1, alpha: 1 };
  return {
    note,
    async step() {
      network.forward(images);
      network.softTargetLoss(targets);
      network.backward();
      network.update(1e-3);
      return await network.readLoss();
    },
    profile: network instanceof WasmNetwork
      ? (steps) => {
        const samples = new Map<string, { time: KernelTime; all: number[] }>();
        const add = (time: KernelTime) => {
          const key = `${time.direction} ${time.kernel} ${time.node}`;
          const sample = samples.get(key) ?? { time, all: [] };
          sample.all.push(time.ms);
          samples.set(key, sample);
        };
        for (let step = 0; step < steps; step++) {
          for (const { name, ...time } of network.profile(images, targets)) add({ kernel: name, ...time });
          const start = performance.now();
          network.update(1e-3);
          add({ kernel: "adam", node: -1, direction: "update", ms: performance.now() - start });
        }
        return Promise.resolve([...samples.values()].map(({ time, all }) => ({ ...time, ms: median(all) })));
      }
      : undefined,
  };
}

if (import.meta.main) await serve(create);
