import { assertAlmostEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { createDistiller } from "../../../src/distillation/table.ts";

await tf.setBackend("cpu");

const studentLogits = [1, 2, 3];
const teacherLogits = [1, 3, 2];

function loss(
  options: { temperature: number; alpha: number },
  student: number[] = studentLogits,
  teacher: number[] = teacherLogits,
): { value: number; gradient: number[] } {
  return tf.tidy(() => {
    const labels = tf.tensor2d([[0, 0, 1]]);
    const teacherLogits = tf.tensor2d([teacher]);
    const distiller = createDistiller("kd", options);
    const { value, grad } = tf.valueAndGrad((logits: tf.Tensor) =>
      distiller.loss({ studentLogits: logits as tf.Tensor2D, studentFeatures: {}, labels, teacherLogits })
    )(tf.tensor2d([student]));
    return { value: value.dataSync()[0], gradient: [...grad.dataSync()] };
  });
}

Deno.test("kd gives the value and gradient worked out by hand", () => {
  const { value, gradient } = loss({ temperature: 2, alpha: 0 });
  assertAlmostEquals(value, 0.398569, 1e-5);
  for (const [index, expected] of [0, -0.398569, 0.398569].entries()) {
    assertAlmostEquals(gradient[index], expected, 1e-5);
  }
});

Deno.test("kd mixes the labels in by alpha", () => {
  const hard = loss({ temperature: 2, alpha: 1 }).value;
  assertAlmostEquals(hard, -Math.log(Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3))), 1e-5);
  assertAlmostEquals(loss({ temperature: 2, alpha: 0.25 }).value, 0.25 * hard + 0.75 * 0.398569, 1e-5);
});

Deno.test("kd approaches the squared difference of logits at a high temperature", () => {
  assertAlmostEquals(loss({ temperature: 100, alpha: 0 }).value, 1 / 3, 5e-3);
});

Deno.test("kd does not change when a constant is added to the logits", () => {
  const moved = loss({ temperature: 3, alpha: 0.1 }, studentLogits.map((z) => z + 7), teacherLogits.map((z) => z - 4));
  assertAlmostEquals(moved.value, loss({ temperature: 3, alpha: 0.1 }).value, 1e-5);
});

Deno.test("kd is the mean over the batch", () => {
  tf.tidy(() => {
    const distiller = createDistiller("kd", { temperature: 2, alpha: 0 });
    const value = distiller.loss({
      studentLogits: tf.tensor2d([studentLogits, teacherLogits]),
      studentFeatures: {},
      labels: tf.tensor2d([[0, 0, 1], [0, 0, 1]]),
      teacherLogits: tf.tensor2d([teacherLogits, teacherLogits]),
    });
    assertAlmostEquals(value.dataSync()[0], 0.398569 / 2, 1e-5);
  });
});

Deno.test("a distiller refuses what it cannot use", () => {
  assertThrows(() => createDistiller("kd", { temperature: 0 }), RangeError, "temperature must be above 0, got 0");
  assertThrows(() => createDistiller("kd", { alpha: 1.5 }), RangeError, "alpha must be from 0 to 1, got 1.5");
  assertThrows(() => createDistiller("kdd" as "kd"), RangeError, "allowed are kd, none");
  const batch = { studentLogits: tf.tensor2d([[1, 2]]), studentFeatures: {}, labels: tf.tensor2d([[0, 1]]) };
  assertThrows(() => createDistiller("kd").loss(batch), Error, "kd needs teacherLogits");
});
