// How long one training step takes, where the time goes, and how PyTorch does on the same machine.
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { median } from "../devices/protocol/statistics.ts";
import { crossEntropy } from "../src/distillation/cross_entropy.ts";
import { startBackend } from "../src/engine/backend.ts";
import type { KernelVariant } from "../src/engine/wasm/kernel_library.ts";
import { registerKernels } from "../src/engine/wasm/register_kernels.ts";
import { buildStudent } from "../src/models/student.ts";
import type { Architecture, ArchitectureNode } from "../src/schemas/architecture.ts";
import { Adam } from "../src/training/adam.ts";
import { startPyTorchPeer } from "./train_step_peer.ts";

export interface TrainStepOptions {
  rounds?: number;
  /** Also one step on tfjs's plain JavaScript backend, which takes half a minute. */
  cpu?: boolean;
}

export interface TrainStepRow {
  engine: string;
  /** Median over the rounds; null where skipped. */
  msPerStep: number | null;
  note: string;
}

/** Share of one kernel in a step. */
export interface KernelRow {
  kernel: string;
  callsPerStep: number;
  msPerStep: number;
}

const batchSize = 64;
const stepsPerRound = 10;
const profiledSteps = 30;

/** 16,586 parameters: a stem and four inverted residuals of expansion 3 on 28x28 grey images. */
function architecture(): Architecture {
  const nodes: ArchitectureNode[] = [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 16, activation: "relu6" },
  ];
  const blocks = [
    { filters: 16, stride: 1, kernel: 3 },
    { filters: 24, stride: 2, kernel: 3 },
    { filters: 24, stride: 1, kernel: 5 },
    { filters: 40, stride: 2, kernel: 3 },
  ] as const;
  let channels = 16;
  for (const { filters, stride, kernel } of blocks) {
    const start = nodes.length - 1;
    nodes.push(
      { op: "conv", inputs: [start], kernel: 1, stride: 1, filters: 3 * channels, activation: "relu6" },
      { op: "depthwiseConv", inputs: [start + 1], kernel, stride, activation: "relu6" },
      { op: "conv", inputs: [start + 2], kernel: 1, stride: 1, filters, activation: "none" },
    );
    if (stride === 1 && filters === channels) nodes.push({ op: "add", inputs: [start, start + 3] });
    channels = filters;
  }
  nodes.push({ op: "globalAveragePool", inputs: [nodes.length - 1] });
  nodes.push({ op: "dense", inputs: [nodes.length - 1], units: 10 });
  return { version: 1, input: { height: 28, width: 28, channels: 1 }, classes: 10, nodes };
}

/** A student with its optimizer on the current backend: `step` is forward, loss, gradient and Adam. */
function createTraining() {
  const student = buildStudent(architecture(), { seed: 1 });
  const adam = new Adam(student.layout.parameterCount);
  const images = tf.randomNormal([batchSize, 28, 28, 1], 0, 1, "float32", 1) as tf.Tensor4D;
  const classes = Int32Array.from({ length: batchSize }, (_, index) => index % 10);
  const labels = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), 10), "float32") as tf.Tensor2D);
  return {
    step(): void {
      const result = student.step(images, ({ logits }) => crossEntropy(labels, logits));
      student.update(adam.update(student.parameters, result.gradient, 1e-3), result.batchStatistics);
      result.loss.dataSync();
      tf.dispose([result.loss, result.gradient, result.batchStatistics]);
    },
    dispose(): void {
      tf.dispose([images, labels]);
      adam.dispose();
      student.dispose();
    },
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function timeSteps(step: () => void, count: number): number {
  const start = performance.now();
  for (let index = 0; index < count; index++) step();
  return (performance.now() - start) / count;
}

/** Time in each kernel of the wasm backend, without what it spends in kernels that it calls itself. */
function profile(step: () => void): KernelRow[] {
  const totals = new Map<string, { calls: number; ms: number }>();
  const innerMs: number[] = [];
  const configs = tf.getKernelsForBackend("wasm");
  for (const config of configs) {
    tf.unregisterKernel(config.kernelName, "wasm");
    tf.registerKernel({
      ...config,
      kernelFunc(parameters) {
        innerMs.push(0);
        const start = performance.now();
        const output = config.kernelFunc(parameters);
        const elapsed = performance.now() - start;
        const own = elapsed - (innerMs.pop() ?? 0);
        if (innerMs.length > 0) innerMs[innerMs.length - 1] += elapsed;
        const total = totals.get(config.kernelName) ?? { calls: 0, ms: 0 };
        totals.set(config.kernelName, { calls: total.calls + 1, ms: total.ms + own });
        return output;
      },
    });
  }
  const stepMs = timeSteps(step, profiledSteps);
  for (const config of configs) {
    tf.unregisterKernel(config.kernelName, "wasm");
    tf.registerKernel(config);
  }
  const rows = [...totals].map(([kernel, { calls, ms }]) => ({
    kernel,
    callsPerStep: calls / profiledSteps,
    msPerStep: rounded(ms / profiledSteps),
  }));
  const inKernels = rows.reduce((sum, { msPerStep }) => sum + msPerStep, 0);
  rows.push({ kernel: "(outside kernels)", callsPerStep: 1, msPerStep: rounded(stepMs - inKernels) });
  return rows.sort((a, b) => b.msPerStep - a.msPerStep);
}

async function run(options: TrainStepOptions = {}): Promise<{ rows: TrainStepRow[]; kernels: KernelRow[] }> {
  const rounds = options.rounds ?? 7;
  const rows: TrainStepRow[] = [];
  await startBackend("wasm");
  const backend = tf.backend() as BackendWasm;
  const training = createTraining();
  const variants: KernelVariant[] = ["simd", "relaxed"];
  const samples = new Map<KernelVariant, number[]>(variants.map((variant) => [variant, []]));
  const peer = await startPyTorchPeer(stepsPerRound);
  const peerSamples: number[] = [];
  let kernels: KernelRow[];
  try {
    for (let round = -1; round < rounds; round++) {
      for (const variant of variants) {
        await registerKernels(backend, { variant });
        const msPerStep = timeSteps(training.step, stepsPerRound);
        // The first round warms up.
        if (round >= 0) samples.get(variant)?.push(msPerStep);
      }
      if (peer.skipped === undefined) {
        const msPerStep = await peer.msPerStep();
        if (round >= 0) peerSamples.push(msPerStep);
      }
    }
    kernels = profile(training.step);
  } finally {
    training.dispose();
    await peer.close();
  }
  for (const [variant, values] of samples) {
    const name = variant === "relaxed" ? "wasm, relaxed SIMD" : "wasm, plain SIMD";
    rows.push({ engine: `ours: ${name}`, msPerStep: rounded(median(values)), note: "1 thread" });
  }
  rows.push({
    engine: "PyTorch, channels_last",
    msPerStep: peer.skipped === undefined ? rounded(median(peerSamples)) : null,
    note: peer.skipped === undefined ? "1 thread" : `skipped: ${peer.skipped}`,
  });
  if (options.cpu) {
    await startBackend("cpu");
    const slow = createTraining();
    rows.push({ engine: "tfjs cpu", msPerStep: rounded(timeSteps(slow.step, 1)), note: "plain JavaScript, 1 step" });
    slow.dispose();
  } else {
    rows.push({ engine: "tfjs cpu", msPerStep: null, note: "skipped: half a minute for one step; --cpu adds it" });
  }
  return { rows, kernels };
}

/** One training step of a 16,586-parameter student, batch 64. */
export const bench = {
  name: "train-step",
  describe: "one training step (forward, loss, gradient, Adam) of a small student, batch 64, ours against PyTorch",
  run,
};
