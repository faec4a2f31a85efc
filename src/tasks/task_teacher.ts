// A teacher beside a training: images of a task look the same in every epoch, so an answer is kept where there is room.
import type { Values } from "./task.ts";
import type { TaskAnswer, TaskPredictor } from "./task_network.ts";

// As much as the students of several trainings; features of large stages do not fit.
const mostKeptBytes = 256 * 2 ** 20;

/** Rows of the whole training set, of which some are known. */
type Rows = Record<string, Values>;

function sizeOf({ shape }: Values): number {
  return shape.slice(1).reduce((product, length) => product * length, 1);
}

/** Answers to images by their places in a training set. Owns its predictor: call `dispose`. */
export class TaskTeacher {
  readonly #predictor: TaskPredictor;
  readonly #known: Uint8Array;
  readonly #mostBytes: number;
  #kept: { outputs: Rows; features: Rows } | "nothing" | undefined;

  /** `count`: images of the training set. */
  constructor(predictor: TaskPredictor, { count, mostBytes = mostKeptBytes }: { count: number; mostBytes?: number }) {
    this.#predictor = predictor;
    this.#known = new Uint8Array(count);
    this.#mostBytes = mostBytes;
  }

  /** The answer to what is at `positions` of the training set. */
  async answer(
    positions: Uint32Array,
    { images, targets }: { images: Float32Array; targets: Record<string, Values> },
  ): Promise<TaskAnswer> {
    const kept = this.#kept;
    if (kept && kept !== "nothing" && positions.every((position) => this.#known[position] === 1)) {
      return { outputs: take(kept.outputs, positions), features: take(kept.features, positions) };
    }
    const answer = await this.#predictor.predict(images, targets);
    this.#kept ??= this.#makeRoom(answer, positions.length);
    if (this.#kept !== "nothing") {
      put(this.#kept.outputs, answer.outputs, positions);
      put(this.#kept.features, answer.features, positions);
      for (const position of positions) this.#known[position] = 1;
    }
    return answer;
  }

  #makeRoom({ outputs, features }: TaskAnswer, batchSize: number): { outputs: Rows; features: Rows } | "nothing" {
    const all = [...Object.values(outputs), ...Object.values(features)];
    const count = this.#known.length;
    const bytes = all.reduce((sum, values) => sum + 4 * sizeOf(values) * count, 0);
    if (bytes > this.#mostBytes || all.some(({ shape }) => shape[0] !== batchSize)) return "nothing";
    const room = (made: Record<string, Values>): Rows =>
      Object.fromEntries(
        Object.entries(made).map(([name, values]) => [
          name,
          { values: new Float32Array(count * sizeOf(values)), shape: [count, ...values.shape.slice(1)] },
        ]),
      );
    return { outputs: room(outputs), features: room(features) };
  }

  dispose(): void {
    this.#predictor.dispose();
    this.#kept = "nothing";
  }
}

function put(rows: Rows, answer: Record<string, Values>, positions: Uint32Array): void {
  for (const [name, made] of Object.entries(answer)) {
    const size = sizeOf(made);
    for (const [row, position] of positions.entries()) {
      rows[name].values.set(made.values.subarray(row * size, (row + 1) * size), position * size);
    }
  }
}

function take(rows: Rows, positions: Uint32Array): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, all]) => {
      const size = sizeOf(all);
      const values = new Float32Array(positions.length * size);
      for (const [row, position] of positions.entries()) {
        values.set(all.values.subarray(position * size, (position + 1) * size), row * size);
      }
      return [name, { values, shape: [positions.length, ...all.shape.slice(1)] }];
    }),
  );
}
