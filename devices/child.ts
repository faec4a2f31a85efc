// A child process that answers requests, one JSON line each way. Its stdin is its lifeline: once that closes, it ends.
import { type AskOptions, ChildDiedError, type ChildProcess, startChildProcess } from "./child_process.ts";

/** A process of this project's own, started when first asked and again after it died. */
export interface Child {
  /**
   * Sends `message` and gives the answer. Requests are answered one after the other. Error that names the child if the
   * child answers with one; after a death or `deadlineMs` of silence the process is replaced and asked once more before that.
   */
  request(message: unknown, options: AskOptions): Promise<unknown>;
  /** Process id, if it runs. */
  pid(): number | undefined;
  /** Ends the process; safe to call twice. */
  close(): Promise<void>;
}

const attempts = 2;

/** A child that runs `script` with this Deno. `name` is what errors call it. */
export function createChild(name: string, script: URL): Child {
  let running: ChildProcess | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function end(): Promise<void> {
    const ended = running;
    running = undefined;
    await ended?.end();
  }

  async function ask(message: unknown, options: AskOptions): Promise<unknown> {
    for (let attemptsLeft = attempts;;) {
      options.signal?.throwIfAborted();
      if (closed) throw new Error(`${name} is closed`);
      running ??= startChildProcess(script);
      let reply: Awaited<ReturnType<ChildProcess["send"]>>;
      try {
        reply = await running.send(message, options);
      } catch (error) {
        // Whatever it was, the lines that are still to come answer nobody.
        await end();
        if (!(error instanceof ChildDiedError)) throw error;
        if (--attemptsLeft === 0) throw new Error(`${name}: ${error.message}`);
        continue;
      }
      if (reply.error !== undefined) throw new Error(`${name}: ${reply.error}`);
      return reply.result;
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
