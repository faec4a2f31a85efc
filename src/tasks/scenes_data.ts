// Scenes as the data of a task: normalised images, and targets worked out once.
import { makeScenes, type Scene, sceneSize } from "./scenes.ts";
import type { TaskData, TaskSet, Values } from "./task.ts";

/** What a task wants to know of a scene: `values` of one scene each, of the shape `[...]`. */
export type SceneTargets = Record<string, { shape: readonly number[]; of(scene: Scene): ArrayLike<number> }>;

function joined(scenes: readonly Scene[], size: number, of: (scene: Scene) => ArrayLike<number>): Float32Array {
  const all = new Float32Array(scenes.length * size);
  for (const [index, scene] of scenes.entries()) all.set(of(scene), index * size);
  return all;
}

function setOf(
  scenes: readonly Scene[],
  { mean, deviation, targets }: { mean: number; deviation: number; targets: SceneTargets },
): TaskSet {
  const images = joined(scenes, sceneSize ** 2, ({ image }) => image).map((grey) => (grey - mean) / deviation);
  const known = Object.entries(targets).map(([name, { shape, of }]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { name, shape, size, values: joined(scenes, size, of) };
  });
  // Losses may look at the images too: a critic that is conditioned on them.
  known.push({ name: "image", shape: [sceneSize, sceneSize, 1], size: sceneSize ** 2, values: images });
  return {
    count: scenes.length,
    images,
    labels: new Int32Array(scenes.length),
    targets: (indices) =>
      Object.fromEntries(known.map(({ name, shape, size, values }): [string, Values] => {
        const taken = new Float32Array(indices.length * size);
        for (let row = 0; row < indices.length; row++) {
          taken.set(values.subarray(indices[row] * size, (indices[row] + 1) * size), row * size);
        }
        return [name, { values: taken, shape: [indices.length, ...shape] }];
      })),
  };
}

/** Scenes with `targets` and, beside these, `image` `[48, 48, 1]`, normalised by the training part. Throws as makeScenes does. */
export async function makeSceneData(
  options: { seed: number; trainImages: number; testImages: number },
  targets: SceneTargets,
): Promise<TaskData> {
  const { train, test } = await makeScenes(options);
  let [sum, squares] = [0, 0];
  for (const { image } of train) {
    for (const grey of image) {
      sum += grey;
      squares += grey ** 2;
    }
  }
  const mean = sum / (train.length * sceneSize ** 2);
  const deviation = Math.sqrt(squares / (train.length * sceneSize ** 2) - mean ** 2);
  const given = { mean, deviation, targets };
  return {
    height: sceneSize,
    width: sceneSize,
    channels: 1,
    train: setOf(train, given),
    test: setOf(test, given),
  };
}

/** The targets `name` of all of `set`. */
export function allTargets(set: TaskSet, name: string): Values {
  const targets = set.targets(Array.from({ length: set.count }, (_, index) => index));
  if (!targets[name]) throw new RangeError(`the set has no targets "${name}", but ${Object.keys(targets).join(", ")}`);
  return targets[name];
}
