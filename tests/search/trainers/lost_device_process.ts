// Trainings on WebGPU whose device is lost at one moment after another, in a process that ends by SIGKILL: one that used
// the software adapter may abort on its exit.
import { JobRunner } from "../../../search/trainers/job_runner.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { DeviceLostError } from "../../../src/engine/network.ts";
import { startWebGpuEngine, type WebGpuEngine } from "../../../src/engine/webgpu/engine.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../../src/training/fixtures.ts";
import { withJobs } from "./jobs.ts";

const network: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 8, activation: "relu6" },
    { op: "globalAveragePool", inputs: [0] },
    { op: "dense", inputs: [1], units: 3 },
  ],
};

/** Of each kind: jobs by calls, jobs by the clock, trainings with a loss in tfjs. */
const moments = 16;

/** What became of each training, in a sentence. */
export async function lostDeviceOutcomes(): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL(import.meta.url).pathname],
    env: { XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
    stdin: "null",
    signal: AbortSignal.timeout(600_000),
  }).output();
  const line = new TextDecoder().decode(stdout).split("\n").find((candidate) => candidate.startsWith("["));
  if (!line) throw new Error(`the WebGPU process gave nothing: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(line);
}

/** Loses the device of `engine` after so many `calls` of its queue: at once, in the next turn, or while it is at work. */
function loseAfter(engine: WebGpuEngine, calls: number): void {
  const { gpu } = engine.device;
  const delay = calls % 3;
  const count = () => {
    if (calls-- !== 0) return;
    if (delay === 0) gpu.destroy();
    else setTimeout(() => gpu.destroy(), 3 * (delay - 1));
  };
  const { submit, writeBuffer } = gpu.queue;
  gpu.queue.submit = (commands) => {
    submit.call(gpu.queue, commands);
    count();
  };
  gpu.queue.writeBuffer = (...given: Parameters<typeof writeBuffer>) => {
    count();
    writeBuffer.apply(gpu.queue, given);
  };
}

/** What the runner replied to each job, and how many engines it took. */
async function runJobs(): Promise<string[]> {
  const outcomes: string[] = [];
  await withJobs(async ({ training }) => {
    for (let moment = 0; moment < 2 * moments; moment++) {
      let engines = 0;
      const runner = new JobRunner({
        async startEngine() {
          const engine = await startWebGpuEngine();
          if (engines++ > 0) return engine;
          // By the clock too, since a wait for the device is where it is mostly lost.
          if (moment < moments) loseAfter(engine, 4 * moment);
          else setTimeout(() => engine.device.gpu.destroy(), 10 * (moment - moments));
          return engine;
        },
        onProgress: () => {},
      });
      const reply = await runner.run(training(network, "student"));
      outcomes.push(`job ${moment}: ${reply.type === "failed" ? reply.reason : reply.type}, ${engines} engines`);
      (await runner.engine()).dispose();
    }
  });
  return outcomes;
}

/** Trainings by a loss in tfjs: what each ended with. */
async function runTensorLosses(): Promise<string[]> {
  const outcomes: string[] = [];
  const dataset = barDataset();
  const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
  const none = createDistiller("none");
  const distiller: Distiller = {
    ...none,
    withoutTensors: undefined,
    prepare: () => ({ phases: [{ name: "labels", share: 1, taskWeight: 1 }], dispose() {} }),
  };
  for (let moment = 0; moment < moments; moment++) {
    const engine = await startWebGpuEngine();
    let trained = "trained";
    if (moment % 2 === 0) loseAfter(engine, 4 * moment);
    else setTimeout(() => engine.device.gpu.destroy(), 5 * moment);
    try {
      await train(network, {
        engine,
        data,
        trainImages: 240,
        epochs: 1,
        batchSize: 32,
        views: 1,
        peakLearningRate: 0.01,
        seed: 1,
        distiller,
      });
    } catch (error) {
      trained = error instanceof DeviceLostError ? "lost" : (error as Error).stack ?? String(error);
    }
    outcomes.push(`tfjs loss ${moment}: ${trained}`);
    engine.dispose();
  }
  return outcomes;
}

if (import.meta.main) {
  const outcomes = [...await runJobs(), ...await runTensorLosses()];
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(outcomes)}\n`));
  Deno.kill(Deno.pid, "SIGKILL");
}
