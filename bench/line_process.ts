// A child process that answers lines with lines: of its own, so that its memory can be told and it can be killed.
import { readLines } from "../devices/lines.ts";

export class LineProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<string, undefined>;
  readonly #name: string;
  readonly #deadlineMs: number;
  readonly #errors: Promise<string>;

  /** Starts `command`; `deadlineMs` is what an answer may take before the process is killed. */
  constructor(name: string, command: readonly string[], options: { deadlineMs: number }) {
    const [program, ...args] = command;
    // No colours in messages, and no files of Python's beside its sources.
    const env = { NO_COLOR: "1", PYTHONDONTWRITEBYTECODE: "1" };
    const streams = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(program, { args, env, ...streams }).spawn();
    this.#name = name;
    this.#deadlineMs = options.deadlineMs;
    this.#input = this.#process.stdin.getWriter();
    this.#answers = readLines(this.#process.stdout);
    this.#errors = lastMessage(this.#process.stderr);
  }

  /** Sends `request` and waits for the answer to it. */
  async ask(request: object): Promise<unknown> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    return await this.answer();
  }

  /** The next line of JSON with a `type`. Throws an Error that quotes its last message where the process ends. */
  async answer(): Promise<unknown> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), this.#deadlineMs);
    try {
      for (;;) {
        const { value } = await this.#answers.next();
        if (value === undefined) {
          const { code, signal } = await this.#process.status;
          throw new Error(`${this.#name} ended with ${signal ?? `code ${code}`}: ${await this.#errors}`);
        }
        // Libraries print, too.
        if (value.startsWith('{"type"')) return JSON.parse(value);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Most memory that the process had resident so far; null where the system does not tell. */
  peakMebibytes(): number | null {
    try {
      const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
      const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      return kibibytes === undefined ? null : Math.round(Number(kibibytes) / 1024);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /** Kills the process: with a software Vulkan driver it may not end well by itself. */
  async close(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
    await this.#answers.return(undefined);
    await this.#input.abort().catch(() => {});
    await this.#errors;
  }
}

/** The last line that names an error, else the last line: below the message runtimes print where it came from. */
async function lastMessage(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let last = "no message";
  let error: string | undefined;
  for await (const line of readLines(stream)) {
    if (line.trim()) last = line.trim();
    if (/^(error:|\w*Error\b)/.test(line)) error = line.trim();
  }
  return error ?? last;
}
