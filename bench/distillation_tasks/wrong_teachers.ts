// Teachers that err: what a method does with a teacher that is not to be believed everywhere.
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../src/data/random.ts";
import type { TaskData, TaskSet } from "../../src/tasks/task.ts";
import type { TaskNetwork } from "../../src/tasks/task_network.ts";

/**
 * `data` whose training part shows digits of `classes` in the mirrored pose: what is trained on it tells these wrong, and the
 * others right. For tasks with targets `values` of sine, cosine, right, down.
 */
export function withMirroredPoses(data: TaskData, classes: readonly number[]): TaskData {
  const { train } = data;
  const set: TaskSet = {
    ...train,
    targets(indices) {
      const { values: { values: known, shape } } = train.targets(indices);
      const values = known.slice();
      const width = values.length / indices.length;
      for (let row = 0; row < indices.length; row++) {
        if (!classes.includes(train.labels[indices[row]])) continue;
        // The cosine of an angle is that of the opposite one.
        for (const place of [0, 2, 3]) values[row * width + place] *= -1;
      }
      return { values: { values, shape } };
    },
  };
  return { ...data, train: set };
}

/**
 * `network` with noise of `deviation` on the boxes of its answers, the same for the same seed and order of images; shares its
 * head's variables, which stay the network's.
 */
export function withNoisyBoxes(
  network: TaskNetwork,
  { deviation, seed }: { deviation: number; seed: number },
): TaskNetwork {
  const random = new Random(seed);
  const { head } = network;
  return {
    ...network,
    head: {
      ...head,
      outputs(features, targets) {
        const outputs = head.outputs(features, targets);
        const { boxes } = outputs;
        const noise = Float32Array.from({ length: boxes.size }, () => deviation * random.normal());
        return { ...outputs, boxes: tf.add(boxes, tf.tensor(noise, boxes.shape)) };
      },
      dispose() {},
    },
    dispose() {},
  };
}
