// Worker processes that take whatever job is next, the more urgent first. A worker that dies takes its job along, once.
import type { LineProcess } from "../line_process.ts";
import { startWorker } from "../distillation/workers.ts";
import { type Job, type Reply, replySchema } from "./job.ts";

interface Waiting {
  job: Job;
  rank: number;
  resolve: (reply: Reply | null) => void;
}

const script = new URL("./worker.ts", import.meta.url);

export class WorkerPool {
  readonly #free: (LineProcess | undefined)[];
  readonly #waiting: Waiting[] = [];
  readonly #busy = new Set<LineProcess>();
  readonly #goOn: () => boolean;
  #closed = false;

  /** `count` workers, each started with its first job. No job is begun once `goOn` says no. */
  constructor(count: number, goOn: () => boolean = () => true) {
    this.#goOn = goOn;
    this.#free = Array.from({ length: count }, () => undefined);
  }

  /**
   * The reply to `job`, which waits until no job of a lower rank, and none of its rank that came earlier, does; null where
   * it was not begun any more.
   */
  ask(job: Job, rank: number): Promise<Reply | null> {
    if (this.#closed) throw new Error("the workers were closed");
    return new Promise((resolve) => {
      const after = this.#waiting.findIndex((other) => other.rank > rank);
      this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, { job, rank, resolve });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const waiting = this.#waiting.shift() as Waiting;
      if (this.#goOn()) this.#serve(this.#free.shift(), waiting);
      else waiting.resolve(null);
    }
  }

  async #serve(idle: LineProcess | undefined, { job, resolve }: Waiting): Promise<void> {
    let worker = idle;
    let reply: Reply | undefined;
    for (let triesLeft = 1; reply === undefined; triesLeft--) {
      try {
        worker ??= await startWorker(script);
        this.#busy.add(worker);
        reply = replySchema.parse(await worker.ask(job));
      } catch (error) {
        if (worker) this.#busy.delete(worker);
        await worker?.close();
        worker = undefined;
        if (triesLeft > 0 && !this.#closed) continue;
        reply = { type: "failed", reason: (error as Error).message, own: false };
      }
    }
    if (worker) this.#busy.delete(worker);
    resolve(reply);
    if (this.#closed) {
      await worker?.close();
      return;
    }
    this.#free.push(worker);
    this.#dispatch();
  }

  /** Kills the workers; what waits is answered as failed, not by its own fault. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { resolve } of this.#waiting.splice(0)) {
      resolve({ type: "failed", reason: "the workers were closed", own: false });
    }
    const idle = this.#free.splice(0).filter((worker) => worker !== undefined);
    await Promise.all([...idle, ...this.#busy].map((worker) => worker.close()));
  }
}
