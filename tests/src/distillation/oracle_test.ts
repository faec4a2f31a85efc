import { assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { softDivergence } from "../../../src/distillation/kd.ts";
import { oracle, oracleLoss, oracleTarget } from "../../../src/distillation/oracle.ts";
import { assertGradients, madeContext, madeTaps, randomTensor } from "./loss_checks.ts";

await tf.setBackend("cpu");

const taps = madeTaps([]);
const studentProbabilities = [0.5, 0.3, 0.2];
const student = () => tf.log(tf.tensor2d([studentProbabilities]));
const label = () => tf.tensor2d([[1, 0, 0]]);
const teachers = (...probabilities: number[][]) => tf.log(tf.tensor3d(probabilities.map((row) => [row])));

function assertNear(values: ArrayLike<number>, expected: number[], tolerance = 1e-5): void {
  expected.forEach((value, index) => assertAlmostEquals(values[index], value, tolerance));
}

Deno.test("oracle takes the mean of the teachers that are right", () => {
  tf.tidy(() => {
    const target = oracleTarget(teachers([0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.8, 0.1, 0.1]), label(), 1);
    assertNear(target.known.dataSync(), [1]);
    assertNear(target.target.dataSync(), [0.7, 0.2, 0.1]);
    assertAlmostEquals(crossEntropy(target.target, student()).dataSync()[0], 0.88694, 1e-5);
    // The divergence is the cross-entropy less the mean entropy of those teachers.
    const entropy = (row: number[]) => -row.reduce((sum, value) => sum + value * Math.log(value), 0);
    const divergence = 0.88694 - (entropy([0.6, 0.3, 0.1]) + entropy([0.8, 0.1, 0.1])) / 2;
    const loss = oracleLoss(target, { student: student(), labels: label(), temperature: 1 });
    assertAlmostEquals(loss.dataSync()[0], divergence, 1e-5);
  });
});

Deno.test("oracle goes by the label where no teacher is right", () => {
  tf.tidy(() => {
    const target = oracleTarget(teachers([0.1, 0.8, 0.1], [0.2, 0.3, 0.5]), label(), 4);
    assertNear(target.known.dataSync(), [0]);
    const loss = oracleLoss(target, { student: student(), labels: label(), temperature: 4 });
    assertAlmostEquals(loss.dataSync()[0], 0.69315, 1e-5);
  });
});

Deno.test("oracle is the mean distillation where all teachers are right, and the image's own share counts", () => {
  tf.tidy(() => {
    const logits = tf.tensor3d([[[3, 1, 0]], [[2, 0, 1]]]);
    const loss = (logits: tf.Tensor3D, labels: tf.Tensor, student: tf.Tensor) =>
      oracleLoss(oracleTarget(logits, labels, 4), { student, labels, temperature: 4 }).dataSync()[0];
    const [first, second] = tf.unstack(logits) as tf.Tensor2D[];
    const mean = [first, second].map((one) => softDivergence(one, student(), 4).dataSync()[0]);
    const all = loss(logits, label(), student());
    assertAlmostEquals(all, (mean[0] + mean[1]) / 2, 5e-6);
    // A batch of two: the second image has no teacher that is right.
    const both = loss(
      tf.concat([logits, logits], 1) as tf.Tensor3D,
      tf.tensor2d([[1, 0, 0], [0, 0, 1]]),
      tf.concat([student(), student()]),
    );
    assertAlmostEquals(both, (all - Math.log(0.2)) / 2, 1e-5);
  });
});

Deno.test("oracle's gradient is that of the loss, with one teacher and with five", async () => {
  for (const count of [1, 5]) {
    const context = madeContext({ student: taps, teachers: Array.from({ length: count }, () => taps), batchSize: 8 });
    await assertGradients(oracle.create({ temperature: 4, alpha: 0.3 }), context);
  }
});

Deno.test("oracle does not change when a constant is added to logits", () => {
  tf.tidy(() => {
    const logits = randomTensor([3, 4, 5], 1) as tf.Tensor3D;
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 3], "int32"), 5);
    const own = randomTensor([4, 5], 2);
    const loss = (logits: tf.Tensor3D, student: tf.Tensor) =>
      oracleLoss(oracleTarget(logits, labels, 2), { student, labels, temperature: 2 }).dataSync()[0];
    assertAlmostEquals(loss(tf.add(logits, 3), tf.sub(own, 2)), loss(logits, own), 1e-4);
  });
});
