import { readLines } from "./lines.ts";

/** Sends a message ahead of the answer; settles when the pipe took it. */
export type Tell = (message: unknown) => Promise<void>;

const encoder = new TextEncoder();

async function writeLine(message: unknown): Promise<void> {
  const bytes = encoder.encode(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < bytes.length;) written += await Deno.stdout.write(bytes.subarray(written));
}

/**
 * The child's side of `createChild`: answers each JSON line of stdin by `handle`, until stdin closes. What `handle` tells
 * goes to the request's `onTold` before the answer.
 */
export async function serveLines(handle: (message: unknown, tell: Tell) => Promise<unknown>): Promise<void> {
  // One line after the other, whoever waits for it.
  let written: Promise<void> = Promise.resolve();
  const tell: Tell = (message) => written = written.then(() => writeLine({ told: message }));
  for await (const line of readLines(Deno.stdin.readable)) {
    let reply: { result: unknown } | { error: string };
    try {
      reply = { result: await handle(JSON.parse(line), tell) };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    await written;
    await writeLine(reply);
  }
}
