// The trainer process: reads a job per line from stdin, writes replies to stdout, ends when stdin closes. A process of
// its own, because it must be killable: a Deno worker that hangs cannot be stopped.
import { createInterface } from "node:readline";
import process from "node:process";
import { type EngineChoice, startEngine } from "../../src/engine/start_engine.ts";
import { type Job, jobSchema, type Reply } from "./job.ts";
import { JobRunner } from "./job_runner.ts";

const encoder = new TextEncoder();

function reply(message: Reply): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(message)}\n`));
}

function parseJob(line: string): Job | Reply {
  try {
    return jobSchema.parse(JSON.parse(line));
  } catch (error) {
    return { type: "failed", reason: (error as Error).message, student: false };
  }
}

if (import.meta.main) {
  const lines = createInterface({ input: process.stdin });
  const runner = new JobRunner({
    startEngine: async (threads) => {
      const { engine, description, reason } = await startEngine(Deno.args[0] as EngineChoice, { threads });
      // The one of a GPU is for all networks; on the processor only what trains alone is given several threads.
      const whose = threads > 1 ? "for the teacher or a backbone" : "for each student";
      const told = engine.backend === "webgpu" ? description : `${description} ${whose}`;
      reply({ type: "ready", backend: engine.backend, description: told, reason });
      return engine;
    },
    onProgress: reply,
  });
  const ready = runner.engine();
  // Heard from the start: a line that nobody listens for is lost.
  lines.on("line", async (line) => {
    await ready;
    const job = parseJob(line);
    reply("kind" in job ? await runner.run(job) : job);
  });
  // A closed stdin means that the parent is gone or wants this process gone: whatever is in work is not needed.
  lines.on("close", () => Deno.exit(0));
  try {
    await ready;
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
