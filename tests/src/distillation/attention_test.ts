import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { attention, attentionMap, mapDifference, normaliseMap } from "../../../src/distillation/attention.ts";
import {
  assertGradients,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  randomTensor,
  termValue,
  withDistillation,
} from "./loss_checks.ts";
import { assertFitsSpace, trainOnBars } from "./train_checks.ts";

await tf.setBackend("cpu");

const create = (options = {}) => attention.create(attention.options.parse(options));
const context = madeContext({
  student: madeTaps([[6, 6, 2], [4, 4, 3], [2, 2, 4], [1, 1, 4]]),
  teachers: [madeTaps([[4, 4, 5], [3, 3, 4]])],
});

Deno.test("the map of squares has the values worked out by hand", () => {
  tf.tidy(() => {
    const map = normaliseMap(attentionMap(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), { map: "power", power: 2 }));
    const expected = [0.05315, 0.2126, 0.47834, 0.85039];
    map.dataSync().forEach((value, index) => assertAlmostEquals(value, expected[index], 5e-6));
  });
});

Deno.test("each map sums up or picks channels by size, not by sign", () => {
  tf.tidy(() => {
    const x = tf.tensor4d([1, -2, -3, 1], [1, 1, 2, 2]);
    const values = (map: "sum" | "power" | "max", power: number) => [...attentionMap(x, { map, power }).dataSync()];
    assertEquals(values("sum", 3), [3, 4]);
    assertEquals(values("power", 3), [9, 28]);
    assertEquals(values("power", 2), [5, 10]);
    assertEquals(values("max", 3), [8, 27]);
  });
});

Deno.test("maps that do not meet differ by half the root of two in the paper, by 2 / (H * W) in the code", () => {
  tf.tidy(() => {
    const [a, b] = [tf.tensor2d([[1, 0, 0, 0]]), tf.tensor2d([[0, 0, 1, 0]])];
    // The paper's beta / 2 is part of the value: the distance itself is the root of two.
    assertAlmostEquals(2 * mapDifference(a, b, "paper").dataSync()[0], Math.SQRT2, 1e-6);
    assertAlmostEquals(mapDifference(a, b, "code").dataSync()[0], 2 / 4, 1e-6);
    assertAlmostEquals(mapDifference(a, a, "paper").dataSync()[0], 0, 1e-6);
  });
});

Deno.test("attention does not see positive scales or the order of channels", () => {
  for (const map of ["sum", "power", "max"] as const) {
    tf.tidy(() => {
      const x = randomTensor([2, 3, 3, 4], 1) as tf.Tensor4D;
      const changed = tf.mul(tf.reverse(x, 3), 7) as tf.Tensor4D;
      const options = { map, power: 3 };
      const [a, b] = [x, changed].map((x) => normaliseMap(attentionMap(x, options)));
      assert(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] < 1e-5, map);
    });
  }
});

Deno.test("the term of equal features is zero, and grows with the weight", async () => {
  const taps = madeTaps([[4, 4, 3], [2, 2, 3]]);
  const same = madeContext({ student: taps, teachers: [taps] });
  const values: number[] = [];
  for (const weight of [1, 10]) {
    await withDistillation(create({ weight }), same, ({ phases: [phase] }) => {
      const batch = madeBatch(same, phase);
      assertEquals(termValue(phase, { ...batch, student: batch.teachers[0] }), 0);
      values.push(termValue(phase, batch));
      disposeBatch(batch);
    });
  }
  assert(values[0] > 0);
  assertAlmostEquals(values[1], 10 * values[0], 1e-5);
});

Deno.test("the gradients of attention agree with differences, in all maps and forms", async () => {
  for (const options of [{}, { form: "paper" }, { map: "sum" }, { map: "max", power: 3 }, { power: 1.5 }]) {
    await assertGradients(create(options), context, { step: 1e-3 });
  }
});

Deno.test("attention fits the students of our space, and refuses networks of single pixels", async () => {
  await assertFitsSpace(create());
  const tiny = madeContext({ student: madeTaps([[1, 1, 3]]), teachers: [madeTaps([[4, 4, 3]])] });
  assertThrows(() => create().prepare(tiny), RangeError, "the student must have a stage of at least 2 pixels");
});

Deno.test("attention trains a student", async () => {
  await trainOnBars(create());
  await trainOnBars(create({ map: "max", form: "paper", weight: 1 }), { epochs: 1 });
  await tf.setBackend("cpu");
});
