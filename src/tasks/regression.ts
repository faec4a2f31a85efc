// Regression of a pose: a digit rotated and shifted on a canvas; sine and cosine of its angle and its place are to be told.
import * as tf from "@tensorflow/tfjs";
import type { ImageSet } from "../data/dataset.ts";
import { hashSeed, Random } from "../data/random.ts";
import { normalise, pickDigits, readDigits } from "./digits.ts";
import { linearHead } from "./embedding_heads.ts";
import type { Task, TaskSet } from "./task.ts";

const side = 32;
/** Canvas pixels per pixel of the digit. */
const scale = 0.75;
/** Digits are nearly the same upside down, so a turn stays well below that. */
const largestTurnDegrees = 60;
const largestShiftPixels = 6;
/** Sine and cosine of the angle; the shifts right and down in units of the largest one. */
const poseNumbers = 4;

/** Angle in radians, counter-clockwise; shift of the centre in pixels, right and down. */
export interface Pose {
  angle: number;
  right: number;
  down: number;
}

/** Writes `digit` `[28, 28]` of bytes in a pose to `out` `[side, side]`, values from 0 to 1, bilinear. */
export function drawInPose(digit: Uint8Array, { angle, right, down }: Pose, out: Float32Array): void {
  const digitSide = Math.sqrt(digit.length);
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const pixel = (row: number, column: number) =>
    row >= 0 && row < digitSide && column >= 0 && column < digitSide ? digit[row * digitSide + column] : 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const x = column - (side - 1) / 2 - right;
      const y = row - (side - 1) / 2 - down;
      // Rows count downwards: a counter-clockwise turn of the digit takes this pixel from where a clockwise one leads.
      const sourceColumn = cosine * x - sine * y + (digitSide - 1) / 2;
      const sourceRow = sine * x + cosine * y + (digitSide - 1) / 2;
      const [top, left] = [Math.floor(sourceRow), Math.floor(sourceColumn)];
      const [lower, farther] = [sourceRow - top, sourceColumn - left];
      const upperLine = pixel(top, left) * (1 - farther) + pixel(top, left + 1) * farther;
      const lowerLine = pixel(top + 1, left) * (1 - farther) + pixel(top + 1, left + 1) * farther;
      out[row * side + column] = (upperLine * (1 - lower) + lowerLine * lower) / 255;
    }
  }
}

function makeSet(digits: ImageSet, { count, seed }: { count: number; seed: number }): TaskSet {
  const picked = pickDigits(digits, { wanted: count, seed: hashSeed(seed, "digits") });
  const random = new Random(hashSeed(seed, "poses"));
  const size = side * side;
  const images = new Float32Array(count * size);
  const poses = new Float32Array(count * poseNumbers);
  const digitSize = digits.images.length / digits.count;
  const spread = () => 2 * random.next() - 1;
  for (const [index, digit] of picked.entries()) {
    const angle = spread() * largestTurnDegrees * Math.PI / 180;
    const [x, y] = [spread(), spread()];
    const bytes = digits.images.subarray(digit * digitSize, (digit + 1) * digitSize);
    const pose = { angle, right: x * largestShiftPixels, down: y * largestShiftPixels };
    drawInPose(bytes, pose, images.subarray(index * size, (index + 1) * size));
    poses.set([Math.sin(angle), Math.cos(angle), x, y], index * poseNumbers);
  }
  return {
    count,
    images,
    labels: Int32Array.from(picked, (index) => digits.labels[index]),
    targets(indices) {
      const values = new Float32Array(indices.length * poseNumbers);
      for (let row = 0; row < indices.length; row++) {
        values.set(poses.subarray(indices[row] * poseNumbers, (indices[row] + 1) * poseNumbers), row * poseNumbers);
      }
      return { values: { values, shape: [indices.length, poseNumbers] } };
    },
  };
}

/** Mean absolute errors of the angle, in degrees, and of the place, in pixels: the mean distance. */
export function poseErrors(
  predicted: Float32Array,
  actual: Float32Array,
): { angleErrorDegrees: number; positionErrorPixels: number } {
  const count = actual.length / poseNumbers;
  let angles = 0;
  let distances = 0;
  for (let start = 0; start < actual.length; start += poseNumbers) {
    const [sine, cosine, x, y] = predicted.subarray(start, start + poseNumbers);
    const [actualSine, actualCosine, actualX, actualY] = actual.subarray(start, start + poseNumbers);
    const turn = Math.atan2(sine, cosine) - Math.atan2(actualSine, actualCosine);
    angles += Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn)));
    distances += Math.hypot(x - actualX, y - actualY) * largestShiftPixels;
  }
  return { angleErrorDegrees: angles / count * 180 / Math.PI, positionErrorPixels: distances / count };
}

/** Output and target `values` `[N, 4]`: sine, cosine, right, down. The loss is the mean squared distance of the four. */
export const regression: Task = {
  name: "regression",
  summary: "angle and place of a digit that was rotated and shifted",
  async makeData({ seed, testImages, trainImages }) {
    const digits = await readDigits();
    const train = makeSet(digits.train, { count: trainImages, seed: hashSeed(seed, "train") });
    const test = makeSet(digits.test, { count: testImages, seed: hashSeed(seed, "test") });
    normalise(test.images, normalise(train.images));
    return { height: side, width: side, channels: 1, train, test };
  },
  // Small, so that training does not start with large errors at random.
  createHead: (taps, { seed }) => linearHead(taps, { width: poseNumbers, seed, deviation: 0.1 }),
  loss: (outputs, targets) => tf.mean(tf.sum(tf.squaredDifference(outputs.values, targets.values), -1)),
  score(outputs, set) {
    const all = Uint32Array.from({ length: set.count }, (_, index) => index);
    return { ...poseErrors(outputs.values.values, set.targets(all).values.values) };
  },
  higherIsBetter: false,
};
