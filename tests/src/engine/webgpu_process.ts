// WebGPU in a process of its own that ends by SIGKILL: with a software adapter, Deno's orderly exit now and then dies of a
// double free in the driver, which would take the test run with it.
import * as tf from "@tensorflow/tfjs";
import { startBackend, type StartedBackend } from "../../../src/engine/backend.ts";
import { stepOn } from "./every_op_network.ts";
import type { Values } from "./numeric.ts";

/** What came of it there. */
export interface WebGpuOutcome {
  /** Of `auto`. */
  auto: StartedBackend;
  /** Of `webgpu`, asked for by name, and what tfjs says it runs on. */
  named: StartedBackend & { current: string };
  /** Loss, gradient and batch statistics of the network of every op. */
  step: Values[];
}

let outcome: Promise<WebGpuOutcome> | undefined;

/** Runs the process, once per test file. */
export function onWebGpu(): Promise<WebGpuOutcome> {
  return outcome ??= run();
}

async function run(): Promise<WebGpuOutcome> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL(import.meta.url).pathname],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!text) throw new Error(`the WebGPU process gave nothing: ${new TextDecoder().decode(stderr)}`);
  const parsed = JSON.parse(text);
  const step = parsed.step.map(({ shape, data }: { shape: number[]; data: number[] }) => ({
    shape,
    data: Float32Array.from(data),
  }));
  return { ...parsed, step };
}

if (import.meta.main) {
  const auto = await startBackend("auto");
  const named = { ...await startBackend("webgpu"), current: tf.getBackend() };
  const step = (await stepOn("webgpu")).map(({ shape, data }) => ({ shape, data: [...data] }));
  const bytes = new TextEncoder().encode(JSON.stringify({ auto, named, step }));
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  Deno.kill(Deno.pid, "SIGKILL");
}
