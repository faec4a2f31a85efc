// The images that a teacher labels, as they are, and what it says of them.
import { setImmediate } from "node:timers/promises";
import { BatchReader } from "../../data/batch_reader.ts";
import type { ImageSet } from "../../data/dataset.ts";
import type { Teacher } from "../../teachers/teacher.ts";
import type { ProcedureContext } from "../procedure.ts";
import { probabilitiesOf } from "../probabilities.ts";

export interface UnlabelledImages {
  set: ImageSet;
  indices: Uint32Array;
  /** Places in the training part, where the images are of it. */
  positions?: Uint32Array;
}

/**
 * The context's images without labels, else the training images beyond `trainImages`, whose labels nobody looks at.
 * RangeError where there are none, or of another size.
 */
export function unlabelledImages({ data, trainImages, unlabelled }: ProcedureContext): UnlabelledImages {
  const { dataset, train } = data;
  if (unlabelled) {
    const shapeOf = ({ height, width, channels }: typeof dataset) => `${height}x${width}x${channels}`;
    if (shapeOf(unlabelled) !== shapeOf(dataset)) {
      throw new RangeError(
        `unlabelled images must be ${shapeOf(dataset)} as the labelled ones, got ${shapeOf(unlabelled)}`,
      );
    }
    const { count } = unlabelled.train;
    return { set: unlabelled.train, indices: Uint32Array.from({ length: count }, (_, index) => index) };
  }
  if (trainImages >= train.length) {
    throw new RangeError(
      `noisy-student needs images without labels: give some, or train on fewer than all ${train.length}`,
    );
  }
  const positions = Uint32Array.from({ length: train.length - trainImages }, (_, row) => trainImages + row);
  return { set: dataset.train, indices: positions.map((position) => train[position]), positions };
}

const rowsAtOnce = 50;

/**
 * The teacher's probabilities `[images, classes]` of un-noised images, at temperature 1. RangeError where the teacher
 * knows training images alone and these are others.
 */
export async function labelImages(
  teacher: Teacher,
  { data, batchSize, signal }: ProcedureContext,
  { set, indices, positions }: UnlabelledImages,
): Promise<Float32Array> {
  const classes = data.dataset.classNames.length;
  const logits = new Float32Array(indices.length * classes);
  const atOnce = Math.min(rowsAtOnce, batchSize);
  const reader = new BatchReader(data, atOnce);
  for (let start = 0; start < indices.length; start += atOnce) {
    const own = indices.subarray(start, start + atOnce);
    const { images } = reader.read(set, own);
    if (teacher.predict) logits.set(await teacher.predict(images), start * classes);
    else if (positions) {
      // What the labels are is not the teacher's business.
      const labels = new Int32Array(own.length);
      const places = positions.subarray(start, start + atOnce);
      const request = { images, labels, positions: places, indices: own, view: 0, features: [] };
      logits.set((await teacher.outputs(request)).logits, start * classes);
    } else throw new RangeError(`${teacher.name} knows the training images alone; it cannot label others`);
    await setImmediate();
    signal?.throwIfAborted();
  }
  return probabilitiesOf(logits, classes);
}
