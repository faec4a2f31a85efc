// Who trains, besides us: a row per trainer, and how its process is started.
import type { Skipped } from "./trainer_process.ts";

/** What of this machine a trainer needs or is asked for. */
export interface TrainerConditions {
  /** PyTorch here, or why there is none. */
  pytorch: PyTorch | { missing: string };
  /** Whether tfjs in plain JavaScript is asked for. */
  cpu: boolean;
}

export interface PyTorch {
  version: string;
  cuda: boolean;
}

export interface Trainer {
  name: string;
  side: "ours" | "pytorch" | "other";
  device: "cpu" | "gpu";
  /** The process's command but for the job's file, or why it cannot run here. */
  command(conditions: TrainerConditions): string[] | Skipped;
}

const fileOf = (name: string) => new URL(name, import.meta.url).pathname;

function deno(script: string, ...args: string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--no-check", fileOf(script), ...args];
}

function pytorch(form: "eager" | "channels_last" | "compiled", device: "cpu" | "gpu"): Trainer {
  return {
    name: `PyTorch${device === "gpu" ? " CUDA" : ""}, ${form === "compiled" ? "torch.compile" : form}`,
    side: "pytorch",
    device,
    command({ pytorch }) {
      if ("missing" in pytorch) return { skipped: pytorch.missing };
      if (device === "gpu" && !pytorch.cuda) return { skipped: "torch finds no CUDA device" };
      return ["python3", fileOf("pytorch.py"), form, device === "gpu" ? "cuda" : "cpu"];
    },
  };
}

function ours(variant: "relaxed" | "simd" | "webgpu", name: string): Trainer & { command(): string[] } {
  return {
    name: `ours: ${name}`,
    side: "ours",
    device: variant === "webgpu" ? "gpu" : "cpu",
    command: () => deno("ours.ts", variant),
  };
}

/** Ours on wasm, by the instructions of its kernels. */
export const wasmTrainers = {
  relaxed: ours("relaxed", "wasm, relaxed SIMD"),
  simd: ours("simd", "wasm, plain SIMD"),
};

/** In the order in which a round goes through them: neighbours are what is compared. */
export const trainers: readonly Trainer[] = [
  wasmTrainers.relaxed,
  pytorch("eager", "cpu"),
  pytorch("channels_last", "cpu"),
  pytorch("compiled", "cpu"),
  wasmTrainers.simd,
  ours("webgpu", "webgpu"),
  pytorch("eager", "gpu"),
  pytorch("channels_last", "gpu"),
  pytorch("compiled", "gpu"),
  { name: "jax-js, wasm", side: "other", device: "cpu", command: () => deno("jax.ts") },
  {
    name: "tfjs, cpu",
    side: "other",
    device: "cpu",
    command: ({ cpu }) => cpu ? deno("tfjs.ts", "cpu") : { skipped: "half a minute a step; --cpu adds it" },
  },
  { name: "tfjs, webgpu", side: "other", device: "gpu", command: () => deno("tfjs.ts", "webgpu") },
];

/** Asks for PyTorch once. */
export async function findPyTorch(): Promise<PyTorch | { missing: string }> {
  const code = "import json, torch; print(json.dumps([torch.__version__, torch.cuda.is_available()]))";
  try {
    const { success, stdout } = await new Deno.Command("python3", { args: ["-c", code], stderr: "null" }).output();
    if (!success) return { missing: "python3 has no torch" };
    const [version, cuda] = JSON.parse(new TextDecoder().decode(stdout));
    return { version, cuda };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: "no python3 found on PATH" };
    throw error;
  }
}
