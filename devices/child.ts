// A child process that answers requests, one JSON line each way. Its stdin is its lifeline: once that closes, it ends.
import { readLines } from "./lines.ts";

/** A process of this project's own, started when first asked and again after it died. */
export interface Child {
  /**
   * Sends `message` and gives the answer. Requests are answered one after the other. Error that names the child if the
   * child answers with one; after a death or `deadlineMs` the process is replaced and asked once more before that.
   */
  request(message: unknown, options: { deadlineMs: number; signal?: AbortSignal }): Promise<unknown>;
  /** Process id, if it runs. */
  pid(): number | undefined;
  /** Ends the process; safe to call twice. */
  close(): Promise<void>;
}

/** The child's process did not answer, for a reason that need not be the request's. */
class ChildDiedError extends Error {}

interface RunningChild {
  pid: number;
  send(message: unknown, options: { deadlineMs: number; signal?: AbortSignal }): Promise<string>;
  end(): Promise<void>;
}

const keptErrorCharacters = 2000;
const attempts = 2;

function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line);
  return lines.find((line) => line.startsWith("error:")) ?? lines.at(-1) ?? "no message";
}

function startChild(script: URL): RunningChild {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script.href],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = process.stdin.getWriter();
  const answers = readLines(process.stdout);
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

  async function answer(message: unknown): Promise<string> {
    try {
      await input.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
    } catch {
      // A broken pipe: the reason shows below.
    }
    const { value, done } = await answers.next();
    if (!done) return value;
    const { code, signal } = await process.status;
    await errorsRead;
    throw new ChildDiedError(`its process ended with ${signal ?? `code ${code}`}: ${lastLine(errorText)}`);
  }

  return {
    pid: process.pid,
    async send(message, { deadlineMs, signal }) {
      let giveUp: (reason: unknown) => void = () => {};
      const givenUp = new Promise<never>((_resolve, reject) => giveUp = reject);
      const timer = setTimeout(() => giveUp(new ChildDiedError(`no answer within ${deadlineMs / 1000} s`)), deadlineMs);
      const abort = () => giveUp(signal?.reason);
      signal?.addEventListener("abort", abort);
      try {
        return await Promise.race([answer(message), givenUp]);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      }
    },
    async end() {
      kill();
      await Promise.all([process.status, errorsRead, input.close().catch(() => {}), answers.return(undefined)]);
    },
  };
}

/** A child that runs `script` with this Deno. `name` is what errors call it. */
export function createChild(name: string, script: URL): Child {
  let running: RunningChild | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function end(): Promise<void> {
    const ended = running;
    running = undefined;
    await ended?.end();
  }

  async function ask(message: unknown, options: { deadlineMs: number; signal?: AbortSignal }): Promise<unknown> {
    for (let attemptsLeft = attempts;;) {
      options.signal?.throwIfAborted();
      if (closed) throw new Error(`${name} is closed`);
      running ??= startChild(script);
      try {
        const reply: { result?: unknown; error?: string } = JSON.parse(await running.send(message, options));
        if (reply.error !== undefined) throw new Error(`${name}: ${reply.error}`);
        return reply.result;
      } catch (error) {
        if (error instanceof ChildDiedError || options.signal?.aborted) await end();
        if (!(error instanceof ChildDiedError)) throw error;
        if (--attemptsLeft === 0) throw new Error(`${name}: ${error.message}`);
      }
    }
  }

  return {
    request(message, options) {
      const answered = queue.then(() => ask(message, options));
      queue = answered.catch(() => {});
      return answered;
    },
    pid: () => running?.pid,
    close() {
      closed = true;
      return end();
    },
  };
}
