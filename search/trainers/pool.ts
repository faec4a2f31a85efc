// Trainer processes: each takes one job at a time; one that dies or falls silent is killed and its job tried once more.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type Job,
  type LogitsJob,
  type OpenedTeachers,
  type Reply,
  replySchema,
  type TeachersJob,
  type Trained,
  type TrainJob,
} from "./job.ts";

/**
 * A job that was not done. `student`: the fault lies in the student, it counts as its result. `storage`: it lies in the
 * disk, and surely not in the student. `teacher`: a teacher to be opened does not do, as its file or options say. `label`
 * says what the job was for.
 */
export class JobError extends Error {
  override name = "JobError";
  readonly student: boolean;
  readonly storage: boolean;
  readonly teacher: boolean;
  readonly label?: string;

  constructor(
    message: string,
    options: { student: boolean; storage?: boolean; teacher?: boolean; label?: string },
  ) {
    super(message);
    this.student = options.student;
    this.storage = options.storage ?? false;
    this.teacher = options.teacher ?? false;
    this.label = options.label;
  }
}

export interface PoolOptions {
  /** Number of processes. */
  trainers: number;
  backend: "auto" | "wasm" | "webgpu";
  /** A trainer that says nothing for so long is taken for dead. */
  silenceMs?: number;
  /** Each start of a trainer's engine: what it runs on, and why on that. */
  onEngine?: (engine: { description: string; reason: string }) => void;
  /** What a trainer does, for display; undefined: nothing. */
  onProgress?: (trainer: number, progress: { label: string; step: number; steps: number } | undefined) => void;
}

interface Task {
  job: Job;
  label: string;
  triesLeft: number;
  signal?: AbortSignal;
  resolve: (reply: Reply) => void;
  reject: (error: unknown) => void;
}

interface Trainer {
  index: number;
  process?: ChildProcessWithoutNullStreams;
  task?: Task;
  silence?: ReturnType<typeof setTimeout>;
  errors: string;
}

const entry = fileURLToPath(new URL("./trainer.ts", import.meta.url));

export class TrainerPool {
  readonly #options: PoolOptions;
  readonly #trainers: Trainer[];
  readonly #queue: Task[] = [];
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#trainers = Array.from({ length: options.trainers }, (_, index) => ({ index, errors: "" }));
  }

  get size(): number {
    return this.#trainers.length;
  }

  /**
   * Trains and scores a network. Rejects with a JobError; with the reason of `signal` where that was aborted before the
   * training was begun, which an abort lets finish.
   */
  async train(job: TrainJob, label: string, options: { signal?: AbortSignal } = {}): Promise<Trained> {
    const reply = await this.#run(job, label, options.signal);
    if (reply.type !== "trained") throw new Error(`a training was answered with "${reply.type}"`);
    return reply.result;
  }

  /** Runs a job that has no result but its file. Rejects with a JobError. */
  async run(job: LogitsJob, label: string): Promise<void> {
    await this.#run(job, label);
  }

  /** What the teachers of the user are. Rejects with a JobError, one of `teacher` where one cannot be opened. */
  async openTeachers(job: TeachersJob): Promise<OpenedTeachers> {
    const reply = await this.#run(job, "teachers");
    if (reply.type !== "opened") throw new Error(`the opening of teachers was answered with "${reply.type}"`);
    return reply.teachers;
  }

  #run(job: Job, label: string, signal?: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, label, triesLeft: 1, signal, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#closed) {
      for (const task of this.#queue.splice(0)) task.reject(new Error("the trainers were stopped"));
      return;
    }
    for (const trainer of this.#trainers) {
      if (trainer.task) continue;
      const task = this.#next();
      if (!task) return;
      trainer.task = task;
      const process = trainer.process ?? this.#start(trainer);
      this.#listen(trainer);
      process.stdin.write(`${JSON.stringify(task.job)}\n`);
    }
  }

  /** The first of the queue that is still wanted. */
  #next(): Task | undefined {
    for (;;) {
      const task = this.#queue.shift();
      if (!task?.signal?.aborted) return task;
      task.reject(task.signal.reason);
    }
  }

  /** Once whoever waits for a failed job has heard of it: they may not want the next one any more. */
  #dispatchLater(): void {
    setTimeout(() => this.#dispatch());
  }

  #start(trainer: Trainer): ChildProcessWithoutNullStreams {
    const child = spawn(Deno.execPath(), ["run", "-A", "--no-check", entry, this.#options.backend], { stdio: "pipe" });
    trainer.process = child;
    trainer.errors = "";
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(trainer, line));
    child.stderr.on("data", (chunk) => trainer.errors = (trainer.errors + chunk).slice(-2000));
    // A write to a process that has just died fails here; its exit is what counts.
    child.stdin.on("error", () => {});
    child.on("error", (error) => trainer.errors += error.message);
    child.on("close", (code, signal) => {
      if (trainer.process === child) this.#lost(trainer, signal ? `ended by ${signal}` : `exit code ${code}`);
    });
    return child;
  }

  #listen(trainer: Trainer): void {
    clearTimeout(trainer.silence);
    const silenceMs = this.#options.silenceMs ?? 120_000;
    trainer.silence = setTimeout(() => {
      trainer.errors = `silent for ${silenceMs / 1000} s`;
      trainer.process?.kill("SIGKILL");
    }, silenceMs);
  }

  #hear(trainer: Trainer, line: string): void {
    let reply: Reply;
    try {
      reply = replySchema.parse(JSON.parse(line));
    } catch {
      return; // something a library printed
    }
    this.#listen(trainer);
    const { task } = trainer;
    if (reply.type === "ready") {
      this.#options.onEngine?.(reply);
    } else if (reply.type === "progress") {
      if (task) this.#options.onProgress?.(trainer.index, { label: task.label, step: reply.step, steps: reply.steps });
    } else if (task) {
      this.#release(trainer);
      if (reply.type === "failed") {
        task.reject(new JobError(reply.reason, { ...reply, label: task.label }));
        this.#dispatchLater();
      } else {
        task.resolve(reply);
        this.#dispatch();
      }
    }
  }

  #release(trainer: Trainer): void {
    clearTimeout(trainer.silence);
    trainer.task = undefined;
    this.#options.onProgress?.(trainer.index, undefined);
  }

  #lost(trainer: Trainer, end: string): void {
    const { task } = trainer;
    const cause = trainer.errors.trim().split("\n").at(-1) || end;
    this.#release(trainer);
    trainer.process = undefined;
    if (task && this.#closed) task.reject(new Error("the trainers were stopped"));
    else if (task && task.triesLeft > 0) this.#queue.unshift({ ...task, triesLeft: task.triesLeft - 1 });
    else task?.reject(new JobError(`the trainer died twice: ${cause}`, { student: false, label: task.label }));
    this.#dispatchLater();
  }

  /** Kills all trainers; what they had in work is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = this.#trainers.flatMap(({ process }) =>
      process ? [new Promise((resolve) => process.once("close", resolve))] : []
    );
    for (const { process } of this.#trainers) process?.kill("SIGKILL");
    this.#dispatch();
    await Promise.all(ends);
  }
}
