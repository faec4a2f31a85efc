// Scores a network on images of its task as they are.
import { setImmediate } from "node:timers/promises";
import type { Engine } from "../engine/network.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { imagesAt, type TaskNetwork, TaskPredictor } from "./task_network.ts";
import type { TaskSet, Values } from "./task.ts";

export interface EvaluateTaskOptions {
  engine: Engine;
  set: TaskSet;
  /** Images at a time. Default 100. */
  batchSize?: number;
  signal?: AbortSignal;
}

/** Outputs of `network` on all images of `set`, `[count, ...]` by name. */
export async function predictTask(
  network: Pick<TaskNetwork, "architecture" | "head" | "weights">,
  { engine, set, batchSize = 100, signal }: EvaluateTaskOptions,
): Promise<Record<string, Values>> {
  const predictor = await TaskPredictor.build(network, { engine, batchSize: Math.min(batchSize, set.count) });
  return await disposeAfter(predictor, async () => {
    const all: Record<string, Values> = {};
    for (let start = 0; start < set.count; start += predictor.batchSize) {
      const count = Math.min(predictor.batchSize, set.count - start);
      const { outputs } = await predictor.predict(
        imagesAt(set, Array.from({ length: count }, (_, row) => start + row)),
      );
      for (const [name, { values, shape }] of Object.entries(outputs)) {
        if (shape[0] !== count) {
          throw new RangeError(
            `the head's "${name}" has the shape [${shape}], not one row for each of ${count} images`,
          );
        }
        const size = values.length / count;
        all[name] ??= { values: new Float32Array(set.count * size), shape: [set.count, ...shape.slice(1)] };
        all[name].values.set(values, start * size);
      }
      // Gives way to whatever must be heard meanwhile.
      await setImmediate();
      signal?.throwIfAborted();
    }
    return all;
  });
}

/** Figures of `network` on `set` by name, as its task scores them; the first one is the main one. */
export async function evaluateTask(
  network: Pick<TaskNetwork, "architecture" | "head" | "task" | "weights">,
  options: EvaluateTaskOptions,
): Promise<Record<string, number>> {
  return network.task.score(await predictTask(network, options), options.set);
}
