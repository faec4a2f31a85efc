import { assertAlmostEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { phaseLoss } from "../../../src/distillation/phase_loss.ts";
import { createDistiller } from "../../../src/distillation/table.ts";

await tf.setBackend("cpu");

const studentLogits = [1, 2, 3];
const teacherLogits = [1, 3, 2];

const context = {
  task: "classification",
  student: { stages: [], outputs: 3 },
  teachers: [{ stages: [], outputs: 3 }],
  batchSize: 1,
  trainImages: 1,
  labels: [2],
  seed: 1,
  trainingOutputs: () => Promise.reject(new Error("kd reads no outputs of the whole training part")),
} as const;

async function loss(
  options: { temperature: number; alpha: number },
  student: number[][] = [studentLogits],
  teacher: number[][] = [teacherLogits],
): Promise<{ value: number; gradient: number[] }> {
  const { phases: [phase] } = await createDistiller("kd", options).prepare(context);
  return tf.tidy(() => {
    const labels = tf.tensor2d(student.map(() => [0, 0, 1]));
    const lossOf = (logits: tf.Tensor) =>
      phaseLoss(phase, {
        student: { outputs: { logits }, features: {} },
        teachers: [{ outputs: { logits: tf.tensor2d(teacher) }, features: {} }],
        targets: { labels },
        positions: Uint32Array.from(student.keys()),
        progress: 0,
      }, () => crossEntropy(labels, logits));
    const { value, grad } = tf.valueAndGrad(lossOf)(tf.tensor2d(student));
    return { value: value.dataSync()[0], gradient: [...grad.dataSync()] };
  });
}

Deno.test("kd gives the value and gradient worked out by hand", async () => {
  const { value, gradient } = await loss({ temperature: 2, alpha: 0 });
  assertAlmostEquals(value, 0.398569, 1e-5);
  for (const [index, expected] of [0, -0.398569, 0.398569].entries()) {
    assertAlmostEquals(gradient[index], expected, 1e-5);
  }
});

Deno.test("kd mixes the labels in by alpha", async () => {
  const hard = (await loss({ temperature: 2, alpha: 1 })).value;
  assertAlmostEquals(hard, -Math.log(Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3))), 1e-5);
  assertAlmostEquals((await loss({ temperature: 2, alpha: 0.25 })).value, 0.25 * hard + 0.75 * 0.398569, 1e-5);
});

Deno.test("kd approaches the squared difference of logits at a high temperature", async () => {
  assertAlmostEquals((await loss({ temperature: 100, alpha: 0 })).value, 1 / 3, 5e-3);
});

Deno.test("kd does not change when a constant is added to the logits", async () => {
  const moved = await loss(
    { temperature: 3, alpha: 0.1 },
    [studentLogits.map((z) => z + 7)],
    [teacherLogits.map((z) => z - 4)],
  );
  assertAlmostEquals(moved.value, (await loss({ temperature: 3, alpha: 0.1 })).value, 1e-5);
});

Deno.test("kd is the mean over the batch", async () => {
  const student = [studentLogits, teacherLogits];
  const { value } = await loss({ temperature: 2, alpha: 0 }, student, [teacherLogits, teacherLogits]);
  assertAlmostEquals(value, 0.398569 / 2, 1e-5);
});

Deno.test("a distiller refuses options that are out of range or unknown, and names", () => {
  assertThrows(() => createDistiller("kd", { temperature: 0 }), RangeError, "temperature: Too small");
  assertThrows(() => createDistiller("kd", { alpha: 1.5 }), RangeError, "alpha: Too big");
  assertThrows(() => createDistiller("kd", { alpa: 0.5 }), RangeError, "options of kd: temperature, alpha");
  assertThrows(() => createDistiller("kdd"), RangeError, 'did you mean "kd"?');
});
