// A trainer of the table, running.
import { LineProcess } from "../line_process.ts";
import { type KernelTime, replySchema, type TrainerReply } from "./job.ts";

/** Long enough for torch.compile, and for a step in plain JavaScript. */
const answerDeadlineMs = 300_000;

/** Why a trainer cannot run here. */
export interface Skipped {
  skipped: string;
}

export class TrainerProcess {
  readonly #name: string;
  readonly #process: LineProcess;
  /** What it runs on, as it says. */
  readonly note: string;
  /** From the start of the process to the end of its first step. */
  readonly startSeconds: number;

  private constructor(name: string, process: LineProcess, note: string, startSeconds: number) {
    this.#name = name;
    this.#process = process;
    this.note = note;
    this.startSeconds = startSeconds;
  }

  /** Starts `command` and waits for its first step. Throws an Error that quotes its last message where it dies. */
  static async start(name: string, command: readonly string[]): Promise<TrainerProcess | Skipped> {
    const start = performance.now();
    const process = new LineProcess(name, command, { deadlineMs: answerDeadlineMs });
    let reply: TrainerReply;
    try {
      reply = replySchema.parse(await process.answer());
    } catch (error) {
      await process.close();
      throw error;
    }
    if (reply.type === "ready") {
      return new TrainerProcess(name, process, reply.note, (performance.now() - start) / 1000);
    }
    await process.close();
    if (reply.type === "skipped") return { skipped: reply.reason };
    throw new Error(`${name} began with "${reply.type}"`);
  }

  /** Mean milliseconds per step over `steps` steps. */
  async time(steps: number): Promise<number> {
    const reply = replySchema.parse(await this.#process.ask({ steps }));
    if (reply.type !== "timed") throw new Error(`${this.#name} answered "${reply.type}" to a request for times`);
    return reply.msPerStep;
  }

  /** Times of its kernels, median over `steps` steps. */
  async profile(steps: number): Promise<KernelTime[]> {
    const reply = replySchema.parse(await this.#process.ask({ profile: steps }));
    if (reply.type !== "profiled") throw new Error(`${this.#name} answered "${reply.type}" to a request for a profile`);
    return reply.kernels;
  }

  /** Most memory that the process had resident so far; null where the system does not tell. */
  peakMebibytes(): number | null {
    return this.#process.peakMebibytes();
  }

  async close(): Promise<void> {
    await this.#process.close();
  }
}
