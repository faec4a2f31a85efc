// The task "depth": how far away what is seen at every pixel of a scene is; digits tell it by their size.
import * as tf from "@tensorflow/tfjs";
import { sceneSize } from "./scenes.ts";
import { allTargets, makeSceneData } from "./scenes_data.ts";
import { createDenseHead } from "./segmentation_head.ts";
import type { Task } from "./task.ts";

/**
 * Mean absolute error relative to the true depth, over all pixels and over those of digits alone, which are nearer than
 * the background (below 2).
 */
export function scoreDepths(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
): { relativeError: number; relativeErrorOfDigits: number } {
  let [sum, near, pixelsNear] = [0, 0, 0];
  for (let pixel = 0; pixel < actual.length; pixel++) {
    const error = Math.abs(predicted[pixel] - actual[pixel]) / actual[pixel];
    sum += error;
    if (actual[pixel] >= 2) continue;
    near += error;
    pixelsNear++;
  }
  return { relativeError: sum / actual.length, relativeErrorOfDigits: near / Math.max(1, pixelsNear) };
}

/**
 * Outputs `logDepth` `[N, 48, 48, 1]`, natural logarithm; targets `logDepth` `[N, 48, 48, 1]`. A difference of logarithms is
 * about the relative error, which the score counts.
 */
export const depth: Task = {
  name: "depth",
  summary: "the distance of every pixel of scenes of digits",
  makeData: (options) =>
    makeSceneData(options, {
      logDepth: { shape: [sceneSize, sceneSize, 1], of: ({ depth }) => depth.map(Math.log) },
    }),
  createHead: (taps, { seed }) => createDenseHead(taps, { name: "logDepth", channels: 1, seed }),
  loss: (outputs, targets) => tf.mean(tf.abs(tf.sub(outputs.logDepth, targets.logDepth))),
  score: ({ logDepth }, set) =>
    scoreDepths(logDepth.values.map(Math.exp), allTargets(set, "logDepth").values.map(Math.exp)),
  higherIsBetter: false,
};
