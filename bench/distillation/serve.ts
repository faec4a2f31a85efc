// The side of the protocol that a worker is on: reads a job per line from stdin, answers with a line, ends when stdin closes.
import { createInterface } from "node:readline";
import process from "node:process";
import { DivergedError } from "../../src/training/train_steps.ts";

function answer(reply: { type: string }): void {
  // One write per line, and no line of a library's between.
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(reply)}\n`));
}

/** Says that it is ready once `start` is, then answers every job with what its result gives, or with why it failed. */
export async function serveJobs(start: () => Promise<(job: unknown) => Promise<{ type: string }>>): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const ready = start();
  // Heard from the start: a line that nobody listens for is lost.
  lines.on("line", async (line) => {
    const run = await ready;
    try {
      answer(await run(JSON.parse(line)));
    } catch (error) {
      answer(failedBy(error as Error));
    }
  });
  // The parent is gone, or wants this process gone.
  lines.on("close", () => Deno.exit(0));
  await ready;
  answer({ type: "ready" });
}

/** A training that diverges does so at every try. */
function failedBy(error: Error): { type: string; reason: string; own: boolean } {
  return { type: "failed", reason: error.message, own: error instanceof DivergedError };
}
