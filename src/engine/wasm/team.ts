// The threads of one network: workers that run the same passes as the calling thread, each on its part of the images.
import { DeviceLostError } from "../network.ts";
import { controlFields, createBarrier, kindField, passField, stopTeam, TeamStopped } from "./barrier.ts";
import type { Address } from "./module.ts";
import { type Command, type ReadyCommand, runPass } from "./pass.ts";

/** What a worker is told once. */
export interface WorkerTask {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: Int32Array;
  part: number;
  parts: number;
  scratch: Address;
  passes: Command[][];
}

const startDeadlineMs = 30_000;
// A thread that is waited for may be off its core for long, but not for ever.
const answerSeconds = 60;

function startWorker(task: WorkerTask): Promise<void> {
  const worker = new Worker(new URL("./part_worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`a thread of the wasm engine did not start within ${startDeadlineMs / 1000} s`)),
      startDeadlineMs,
    );
    worker.onmessage = () => {
      clearTimeout(timer);
      resolve();
    };
    worker.onerror = (event) => {
      clearTimeout(timer);
      event.preventDefault();
      reject(new Error(`a thread of the wasm engine failed: ${event.message}`));
    };
    worker.postMessage(task);
  });
}

/** Runs passes on `parts` threads, this one included. Call {@linkcode Team.dispose}: workers end only so. */
export class Team {
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * controlFields));
  readonly #parts: number;
  readonly #barrier: () => void;
  readonly #scratch: Address;

  private constructor(parts: number, scratch: Address) {
    this.#parts = parts;
    this.#scratch = scratch;
    this.#barrier = createBarrier(this.#control, parts, answerSeconds);
  }

  /** `scratches`: a part's own scratch memory, one address each; as many parts. */
  static async start(
    scratches: readonly Address[],
    task: Pick<WorkerTask, "module" | "memory" | "passes">,
  ): Promise<Team> {
    const parts = scratches.length;
    const team = new Team(parts, scratches[0]);
    const others = scratches.slice(1).map((scratch, index) =>
      startWorker({ ...task, control: team.#control, part: index + 1, parts, scratch })
    );
    try {
      await Promise.all(others);
    } catch (error) {
      team.dispose();
      throw error;
    }
    return team;
  }

  /**
   * Runs the pass `kind`, whose commands on this thread are `commands`. Throws a DeviceLostError where another thread has
   * failed or does not answer; the network must not be used afterwards.
   */
  run(kind: number, commands: readonly ReadyCommand[]): void {
    if (this.#parts > 1) {
      Atomics.store(this.#control, kindField, kind);
      Atomics.add(this.#control, passField, 1);
      Atomics.notify(this.#control, passField);
    }
    try {
      runPass(commands, { part: 0, parts: this.#parts, scratch: this.#scratch, barrier: this.#barrier });
      this.#barrier();
    } catch (error) {
      this.dispose();
      throw error instanceof TeamStopped ? new DeviceLostError(error.message) : error;
    }
  }

  /** Ends the workers. */
  dispose(): void {
    stopTeam(this.#control);
  }
}
