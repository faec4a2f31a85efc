// Runs the WebGPU cases in a process of its own that ends by SIGKILL: with a software adapter, Deno's orderly exit now
// and then dies of a double free in the driver, which would take the test run with it.
import { startWebGpuEngine, type WebGpuEngine } from "../../../../src/engine/webgpu/engine.ts";
import { benchOf, networkCases } from "../../../contracts/network_contract.ts";
import { deviceCases } from "./device_cases.ts";
import { shapeCases } from "./shape_cases.ts";
import { tfjsCases } from "./tfjs_cases.ts";

/** A case of the WebGPU engine's own. */
export interface WebGpuCase {
  name: string;
  fn(engine: WebGpuEngine): Promise<void>;
}

/** The engine's own cases, beside those of the contract. Those that lose the device come last. */
export const ownCases: WebGpuCase[] = [...shapeCases, ...tfjsCases, ...deviceCases];

// The input gradient of a batch norm over two pixels is small beside its own terms.
const tolerance = 5e-4;

const deadlineMs = 600_000;

/** A buffer on the engine's device that holds `values`; the caller destroys it. */
export function bufferOf({ device: { gpu } }: WebGpuEngine, values: Float32Array): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = gpu.createBuffer({ size: values.byteLength, usage });
  gpu.queue.writeBuffer(buffer, 0, Float32Array.from(values));
  return buffer;
}

let outcomes: Promise<Map<string, string | null>> | undefined;

/** What became of each case: null, or its error. The process runs once per test file. */
export function outcomesOnWebGpu(): Promise<Map<string, string | null>> {
  return outcomes ??= run();
}

async function run(): Promise<Map<string, string | null>> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL(import.meta.url).pathname],
    env: { XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
    stdin: "null",
    signal: AbortSignal.timeout(deadlineMs),
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("[")).map((line) =>
    JSON.parse(line)
  );
  if (lines.length === 0) throw new Error(`the WebGPU process gave nothing: ${new TextDecoder().decode(stderr)}`);
  return new Map(lines);
}

function report(name: string, error: string | null): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify([name, error])}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

if (import.meta.main) {
  const engine = await startWebGpuEngine();
  // As tfjs gives them, and as plain numbers.
  const given = [(values: Float32Array) => bufferOf(engine, values), (values: Float32Array) => values];
  const contract = networkCases.map(({ name, fn }, index) => ({
    name,
    fn: () => fn(benchOf(engine, { tolerance, tensor: given[index % 2] })),
  }));
  for (const { name, fn } of [...contract, ...ownCases]) {
    try {
      await fn(engine);
      report(name, null);
    } catch (error) {
      report(name, error instanceof Error ? error.stack ?? error.message : String(error));
    }
  }
  Deno.kill(Deno.pid, "SIGKILL");
}
