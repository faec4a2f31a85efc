// Ends of detectors, on the last stage of any body: one stage, which names the digit of each cell of a grid, or two, of
// which the first proposes regions and the second names what is in them (Ren et al. 2015, 1506.01497).
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../data/random.ts";
import { Connector } from "../distillation/features/connector.ts";
import { Resampler } from "../distillation/features/resample.ts";
import type { NetworkTaps, StageTap } from "../distillation/taps.ts";
import { gridCells } from "./detection_boxes.ts";
import { proposalRegions, regionSamples, sampleRegions } from "./detection_regions.ts";
import type { Head } from "./task.ts";

export const detectionHeads = ["one-stage", "two-stage"] as const;
export type DetectionHead = typeof detectionHeads[number];

const hiddenChannels = 64;
/** Ten digits and the background, which is class 0. */
const classes = 11;

function lastStage({ stages }: NetworkTaps): StageTap {
  const stage = stages.at(-1);
  if (!stage) throw new RangeError("a detector needs a body with a tapped stage, but there is none");
  return stage;
}

/** Class logits and box offsets of each place of `[N, H, W, C]`, by a hidden layer. */
class Answers {
  readonly #hidden: Connector;
  readonly #classes: Connector;
  readonly #boxes: Connector;

  constructor({ from, classes, seed }: { from: number; classes: number; seed: number }) {
    const layer = (name: string, from: number, to: number) => new Connector({ from, to, seed: hashSeed(seed, name) });
    this.#hidden = layer("hidden", from, hiddenChannels);
    this.#classes = layer("classes", hiddenChannels, classes);
    this.#boxes = layer("boxes", hiddenChannels, 4);
  }

  get variables(): readonly tf.Variable[] {
    return [...this.#hidden.variables, ...this.#classes.variables, ...this.#boxes.variables];
  }

  /** `[N, M, classes]` and `[N, M, 4]` with M = H * W. */
  of(places: tf.Tensor4D): { classes: tf.Tensor3D; boxes: tf.Tensor3D } {
    const [count, height, width] = places.shape;
    const hidden = tf.relu(this.#hidden.apply(places));
    const flat = (x: tf.Tensor4D): tf.Tensor3D => tf.reshape(x, [count, height * width, x.shape[3]]);
    return { classes: flat(this.#classes.apply(hidden)), boxes: flat(this.#boxes.apply(hidden)) };
  }

  dispose(): void {
    for (const layer of [this.#hidden, this.#classes, this.#boxes]) layer.dispose();
  }
}

/** `classes` `[N, 36, 11]` and `boxes` `[N, 36, 4]`, offsets of the cells' reference boxes. */
export function createOneStageHead(taps: NetworkTaps, seed: number): Head {
  const stage = lastStage(taps);
  const answers = new Answers({ from: stage.shape[2], classes, seed });
  const resampler = new Resampler();
  return {
    features: [stage.name],
    variables: answers.variables,
    outputs: (features) => ({
      ...answers.of(resampler.resize(features[stage.name] as tf.Tensor4D, [gridCells, gridCells])),
    }),
    dispose() {
      answers.dispose();
      resampler.dispose();
    },
  };
}

/**
 * `proposalClasses` `[N, 36, 2]`, `proposalBoxes` `[N, 36, 4]`, and of M regions `regions` `[N, M, 4]` in pixels, `classes`
 * `[N, M, 11]` and `boxes` `[N, M, 4]`, offsets of the regions. In training the regions are the targets', which student and
 * teacher share; else those that the first stage proposes, all 36.
 */
export function createTwoStageHead(taps: NetworkTaps, seed: number): Head {
  const stage = lastStage(taps);
  const proposals = new Answers({ from: stage.shape[2], classes: 2, seed: hashSeed(seed, "proposals") });
  const from = regionSamples ** 2 * stage.shape[2];
  const answers = new Answers({ from, classes, seed: hashSeed(seed, "regions") });
  const resampler = new Resampler();
  return {
    features: [stage.name],
    variables: [...proposals.variables, ...answers.variables],
    outputs(features, targets) {
      const feature = features[stage.name] as tf.Tensor4D;
      const proposed = proposals.of(resampler.resize(feature, [gridCells, gridCells]));
      const regions = targets?.regions ?? proposalRegions(proposed.boxes);
      const [count, places] = regions.shape;
      const sampled = tf.reshape(sampleRegions(feature, regions), [count, places, 1, from]) as tf.Tensor4D;
      return { proposalClasses: proposed.classes, proposalBoxes: proposed.boxes, regions, ...answers.of(sampled) };
    },
    dispose() {
      proposals.dispose();
      answers.dispose();
      resampler.dispose();
    },
  };
}
