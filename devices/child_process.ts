// One process of this Deno that is spoken to by JSON lines; child.ts makes a lasting partner of such processes.
import { readLines } from "./lines.ts";

/** The child's process did not answer, for a reason that need not be the request's. */
export class ChildDiedError extends Error {
  override name = "ChildDiedError";
}

export interface AskOptions {
  /** How long it may say nothing at all. */
  deadlineMs: number;
  signal?: AbortSignal;
  /** Gets what the child tells before it answers. An Error thrown here rejects the request. */
  onTold?: (message: unknown) => void;
}

export interface ChildProcess {
  pid: number;
  /** One request and its answer. ChildDiedError when none comes, the signal's reason when aborted; end it then. */
  send(message: unknown, options: AskOptions): Promise<{ result?: unknown; error?: string }>;
  end(): Promise<void>;
}

const keptErrorCharacters = 2000;

function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line);
  return lines.find((line) => line.startsWith("error:")) ?? lines.at(-1) ?? "no message";
}

/** Starts `script`, which ends once its stdin closes: a killed parent leaves nothing behind. */
export function startChildProcess(script: URL): ChildProcess {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script.href],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = process.stdin.getWriter();
  const lines = readLines(process.stdout);
  let errorText = "";
  const errorsRead = (async () => {
    for await (const line of readLines(process.stderr)) errorText = `${errorText}${line}\n`.slice(-keptErrorCharacters);
  })();

  function kill(): void {
    try {
      process.kill("SIGKILL");
    } catch {
      // already dead
    }
  }

  async function nextLine(): Promise<string> {
    const { value, done } = await lines.next();
    if (!done) return value;
    const { code, signal } = await process.status;
    await errorsRead;
    throw new ChildDiedError(`its process ended with ${signal ?? `code ${code}`}: ${lastLine(errorText)}`);
  }

  return {
    pid: process.pid,
    async send(message, { deadlineMs, signal, onTold }) {
      const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(
          () => giveUp(new ChildDiedError(`no answer within ${deadlineMs / 1000} s`)),
          deadlineMs,
        );
      };
      const abort = () => giveUp(signal?.reason);
      signal?.addEventListener("abort", abort);
      wait();
      try {
        // A broken pipe shows below, with the reason for it.
        const sent = input.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`)).catch(() => {});
        await Promise.race([sent, givenUp]);
        while (true) {
          const line = await Promise.race([nextLine(), givenUp]);
          const reply: { told?: unknown; result?: unknown; error?: string } = JSON.parse(line);
          if (!("told" in reply)) return reply;
          wait();
          onTold?.(reply.told);
        }
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      }
    },
    async end() {
      kill();
      await Promise.all([process.status, errorsRead, input.close().catch(() => {}), lines.return(undefined)]);
    },
  };
}
