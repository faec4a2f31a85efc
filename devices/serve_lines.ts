import { readLines } from "./lines.ts";

/** The child's side of `createChild`: answers each JSON line of stdin by `handle`, until stdin closes. */
export async function serveLines(handle: (message: unknown) => Promise<unknown>): Promise<void> {
  const encoder = new TextEncoder();
  for await (const line of readLines(Deno.stdin.readable)) {
    let reply: { result: unknown } | { error: string };
    try {
      reply = { result: await handle(JSON.parse(line)) };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    const bytes = encoder.encode(`${JSON.stringify(reply)}\n`);
    for (let written = 0; written < bytes.length;) written += await Deno.stdout.write(bytes.subarray(written));
  }
}
