// PyTorch processes that train whole students, each one at a time: what our TrainerPool is compared with.
import * as z from "zod";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { LineProcess } from "../line_process.ts";
import type { TensorFiles } from "../trials_data.ts";
import { createJob } from "./job.ts";

/** What all trainings have in common. */
export interface TrialsSetup {
  train: TensorFiles;
  validation: TensorFiles;
  classes: number;
  batchSize: number;
  epochs: number;
  peakLearningRate: number;
  temperature: number;
  alpha: number;
}

const answerSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("trained"), steps: z.int(), accuracy: z.number(), seconds: z.number() }),
]);

const answerDeadlineMs = 1_800_000;

export class PyTorchPool {
  readonly #setup: TrialsSetup;
  readonly #processes: LineProcess[];

  private constructor(setup: TrialsSetup, processes: LineProcess[]) {
    this.#setup = setup;
    this.#processes = processes;
  }

  /** Starts `count` processes; `folder` takes their setup. */
  static async start(count: number, setup: TrialsSetup, folder: string): Promise<PyTorchPool> {
    const file = `${folder}/pytorch-setup.json`;
    await Deno.writeTextFile(file, JSON.stringify(setup));
    const script = new URL("./pytorch_trials.py", import.meta.url).pathname;
    const processes = Array.from(
      { length: count },
      () => new LineProcess("PyTorch", ["python3", script, file], { deadlineMs: answerDeadlineMs }),
    );
    const pool = new PyTorchPool(setup, processes);
    try {
      for (const process of processes) answerSchema.parse(await process.answer());
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** Trains all of `architectures`, each process taking the next when it is free. */
  async train(architectures: readonly Architecture[], trainImages: number): Promise<void> {
    const { batchSize, epochs } = this.#setup;
    const queue = [...architectures];
    await Promise.all(this.#processes.map(async (process) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { architecture, parameterCount, shapes } = createJob(next, { batchSize, threads: 1, software: false });
        answerSchema.parse(await process.ask({ architecture, parameterCount, shapes, trainImages, epochs }));
      }
    }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }
}
