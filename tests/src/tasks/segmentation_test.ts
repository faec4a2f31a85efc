import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { depth, scoreDepths } from "../../../src/tasks/depth.ts";
import { scoreMasks, segmentation } from "../../../src/tasks/segmentation.ts";
import { allTargets } from "../../../src/tasks/scenes_data.ts";
import { madeTaps, randomTensor } from "../distillation/loss_checks.ts";

await tf.setBackend("cpu");

Deno.test("mean intersection over union of hand-made masks", () => {
  assertEquals(scoreMasks([0, 1, 2, 2], [0, 1, 2, 2]), { meanIoU: 1, pixelAccuracy: 1 });
  // Background 1 of 2, class 1: 1 of 2, class 2: 1 of 2; class 3 is predicted alone.
  const { meanIoU, pixelAccuracy } = scoreMasks([0, 1, 1, 2, 3, 0], [0, 1, 0, 2, 2, 0]);
  assertAlmostEquals(meanIoU, (2 / 3 + 1 / 2 + 1 / 2 + 0) / 4, 1e-9);
  assertAlmostEquals(pixelAccuracy, 4 / 6, 1e-9);
});

Deno.test("relative errors of depths count all pixels and the near ones", () => {
  const { relativeError, relativeErrorOfDigits } = scoreDepths([1.5, 4, 3], [1, 4, 4]);
  assertAlmostEquals(relativeError, (0.5 + 0 + 0.25) / 3, 1e-9);
  assertAlmostEquals(relativeErrorOfDigits, 0.5, 1e-9);
});

for (const task of [segmentation, depth]) {
  Deno.test(`${task.name}: the right answer scores best and costs least`, async () => {
    const { test } = await task.makeData({ seed: 1, trainImages: 4, testImages: 6 });
    const name = task.name === "depth" ? "logDepth" : "logits";
    const right = task.name === "depth" ? allTargets(test, "logDepth") : {
      values: Float32Array.from(
        [...allTargets(test, "mask").values].flatMap((type) =>
          Array.from({ length: 11 }, (_, index) => index === type ? 9 : 0)
        ),
      ),
      shape: [6, 48, 48, 11],
    };
    const wrong = { ...right, values: right.values.map((value, index) => value + 9 * Math.sin(index)) };
    const [best, worse] = [right, wrong].map((output) => Object.values(task.score({ [name]: output }, test))[0]);
    assertAlmostEquals(best, task.higherIsBetter ? 1 : 0, 1e-5);
    assert(task.higherIsBetter ? worse < 0.5 : worse > 0.5, `${worse}`);
    const [least, more] = [right, wrong].map(({ values, shape }) =>
      tf.tidy(() => {
        const targets = Object.entries(test.targets([0, 1, 2, 3, 4, 5]));
        return task.loss(
          { [name]: tf.tensor(values, [...shape]) },
          Object.fromEntries(targets.map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])])),
        ).dataSync()[0];
      })
    );
    assert(least < 0.01 && more > 0.5, `losses ${least} and ${more}`);
  });

  Deno.test(`${task.name}: the head's gradient agrees with differences, on stages of any sizes`, async () => {
    const data = await task.makeData({ seed: 1, trainImages: 2, testImages: 1 });
    for (const stages of [[[24, 24, 2], [12, 12, 3], [6, 6, 4]], [[3, 3, 2]], [[24, 24, 2]]] as const) {
      const before = tf.memory().numTensors;
      const head = task.createHead(madeTaps(stages), { data, seed: 1 });
      // Finer ones than a quarter are left to themselves where there are coarser.
      assertEquals(head.features.length, stages.length === 3 ? 2 : 1);
      tf.tidy(() => {
        const features = Object.fromEntries(
          stages.map((shape, index) => [`stage${index + 1}`, randomTensor([2, ...shape], index + 1)]),
        );
        const targets = Object.fromEntries(
          Object.entries(data.train.targets([0, 1])).map(([name, { values, shape }]) => [
            name,
            tf.tensor(values, [...shape]),
          ]),
        );
        const [last] = head.features;
        const lossOf = (feature: tf.Tensor) => task.loss(head.outputs({ ...features, [last]: feature }), targets);
        const { grads } = tf.variableGrads(() => lossOf(features[last]), [...head.variables]);
        for (const gradient of Object.values(grads)) assert(tf.norm(gradient).dataSync()[0] > 0);
        const { grad } = tf.valueAndGrad(lossOf)(features[last]);
        const slope = tf.norm(grad).dataSync()[0];
        const move = tf.mul(grad, 5e-2 / slope);
        const [above, below] = [tf.add(features[last], move), tf.sub(features[last], move)].map(lossOf);
        assertAlmostEquals(tf.sub(above, below).dataSync()[0] / 0.1, slope, 0.05 * slope);
      });
      head.dispose();
      assertEquals(tf.memory().numTensors, before);
    }
  });

  Deno.test(`${task.name}: a body without stages is refused`, async () => {
    const data = await task.makeData({ seed: 1, trainImages: 1, testImages: 1 });
    assertThrows(() => task.createHead(madeTaps([]), { data, seed: 1 }), RangeError, "a body with a tapped stage");
  });
}
