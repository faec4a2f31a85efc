// A head that answers for every pixel: a 1x1 layer on the last stage of each size up to a quarter of the image, the coarser
// ones added to the finer, then resized to the image (Long, Shelhamer & Darrell 2014, 1411.4038).
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../data/random.ts";
import { Connector } from "../distillation/features/connector.ts";
import { Resampler } from "../distillation/features/resample.ts";
import type { NetworkTaps, StageTap } from "../distillation/taps.ts";
import { sceneSize } from "./scenes.ts";
import type { Head } from "./task.ts";

const finest = sceneSize / 4;

/** From the coarsest to the finest; where all are finer than a quarter, the last one. RangeError where there is none. */
function stagesToRead({ stages }: NetworkTaps): StageTap[] {
  const bySize = new Map(stages.map((stage) => [stage.shape[0], stage]));
  const all = [...bySize.values()].sort((a, b) => a.shape[0] - b.shape[0]);
  if (all.length === 0) throw new RangeError("a dense head needs a body with a tapped stage, but there is none");
  const coarse = all.filter(({ shape: [height] }) => height <= finest);
  return coarse.length > 0 ? coarse : all.slice(0, 1);
}

/** One output `name` `[N, 48, 48, channels]`. */
export function createDenseHead(
  taps: NetworkTaps,
  { name, channels, seed }: { name: string; channels: number; seed: number },
): Head {
  const stages = stagesToRead(taps);
  const resampler = new Resampler();
  const layers = stages.map(({ name, shape }) =>
    new Connector({ from: shape[2], to: channels, seed: hashSeed(seed, "dense", name) })
  );
  return {
    features: stages.map(({ name }) => name),
    variables: layers.flatMap(({ variables }) => variables),
    outputs(features) {
      let sum = layers[0].apply(features[stages[0].name] as tf.Tensor4D);
      for (const [index, { name, shape }] of stages.entries()) {
        if (index === 0) continue;
        const finer = layers[index].apply(features[name] as tf.Tensor4D);
        sum = tf.add(resampler.resize(sum, [shape[0], shape[1]]), finer);
      }
      return { [name]: resampler.resize(sum, [sceneSize, sceneSize]) };
    },
    dispose() {
      for (const layer of layers) layer.dispose();
      resampler.dispose();
    },
  };
}
