// Runs the cases on WebGPU and ends by SIGKILL: a process that used the software adapter may abort on its exit.
import { startEngine } from "../../../src/engine/start_engine.ts";
import { tensorLossCases } from "./tensor_loss_cases.ts";

/** What became of each case in a process of its own: null, or its error. */
export async function outcomesOnWebGpu(): Promise<Map<string, string | null>> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL(import.meta.url).pathname],
    stdin: "null",
  }).output();
  const line = new TextDecoder().decode(stdout).split("\n").find((candidate) => candidate.startsWith("["));
  if (!line) throw new Error(`the WebGPU process gave nothing: ${new TextDecoder().decode(stderr)}`);
  return new Map(JSON.parse(line));
}

if (import.meta.main) {
  const { engine } = await startEngine("webgpu");
  const outcomes: [string, string | null][] = [];
  for (const { name, fn } of tensorLossCases) {
    try {
      await fn(engine);
      outcomes.push([name, null]);
    } catch (error) {
      outcomes.push([name, (error as Error).stack ?? String(error)]);
    }
  }
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(outcomes)}\n`));
  Deno.kill(Deno.pid, "SIGKILL");
}
