// The task "segmentation": the class of every pixel of a scene.
import * as tf from "@tensorflow/tfjs";
import { sceneSize } from "./scenes.ts";
import { allTargets, makeSceneData } from "./scenes_data.ts";
import { createDenseHead } from "./segmentation_head.ts";
import type { Task } from "./task.ts";

/** The background, which is class 0, and ten digits. */
export const segmentationClasses = 11;

/**
 * Mean over the classes that are there, or are predicted, of intersection over union, counted over all pixels, and the share
 * of pixels that are right. `predicted` and `actual` are class numbers of the same pixels.
 */
export function scoreMasks(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
): { meanIoU: number; pixelAccuracy: number } {
  const both = new Float64Array(segmentationClasses);
  const either = new Float64Array(segmentationClasses);
  for (let pixel = 0; pixel < actual.length; pixel++) {
    either[actual[pixel]]++;
    if (predicted[pixel] === actual[pixel]) both[actual[pixel]]++;
    else either[predicted[pixel]]++;
  }
  const ratios = [...both].map((count, type) => count / either[type]).filter((ratio) => !Number.isNaN(ratio));
  return {
    meanIoU: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
    pixelAccuracy: both.reduce((sum, count) => sum + count, 0) / actual.length,
  };
}

function likeliest({ values, shape }: { values: Float32Array; shape: readonly number[] }): Uint8Array {
  const classes = shape[shape.length - 1];
  return Uint8Array.from({ length: values.length / classes }, (_, pixel) => {
    const start = pixel * classes;
    let best = 0;
    for (let type = 1; type < classes; type++) if (values[start + type] > values[start + best]) best = type;
    return best;
  });
}

/** Outputs `logits` `[N, 48, 48, 11]`, targets `mask` `[N, 48, 48]`. */
export const segmentation: Task = {
  name: "segmentation",
  summary: "the class of every pixel of scenes of digits",
  makeData: (options) => makeSceneData(options, { mask: { shape: [sceneSize, sceneSize], of: ({ mask }) => mask } }),
  createHead: (taps, { seed }) => createDenseHead(taps, { name: "logits", channels: segmentationClasses, seed }),
  loss({ logits }, { mask }) {
    const labels = tf.cast(tf.oneHot(tf.cast(mask, "int32") as tf.Tensor3D, segmentationClasses), "float32");
    return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), -1)));
  },
  score: ({ logits }, set) => scoreMasks(likeliest(logits), allTargets(set, "mask").values),
  higherIsBetter: true,
};
