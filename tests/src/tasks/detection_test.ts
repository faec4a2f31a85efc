import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { createDetection } from "../../../src/tasks/detection.ts";
import { anchors, decodeBox, intersectionOverUnion } from "../../../src/tasks/detection_boxes.ts";
import { detectionHeads } from "../../../src/tasks/detection_heads.ts";
import { proposalRegions, sampleRegions } from "../../../src/tasks/detection_regions.ts";
import type { Box } from "../../../src/tasks/scenes.ts";
import { allTargets } from "../../../src/tasks/scenes_data.ts";
import { madeTaps, randomTensor } from "../distillation/loss_checks.ts";

await tf.setBackend("cpu");

const data = await createDetection({ head: "one-stage" }).makeData({ seed: 2, trainImages: 40, testImages: 4 });
const taps = madeTaps([[12, 12, 4], [6, 6, 5]]);

function targetsOf(indices: number[]): Record<string, tf.Tensor> {
  const targets = Object.entries(data.train.targets(indices));
  return Object.fromEntries(targets.map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])]));
}

const boxAt = (values: Float32Array, index: number): Box => {
  const [left, top, right, bottom] = values.subarray(index * 4, index * 4 + 4);
  return [left, top, right, bottom];
};

Deno.test("targets of cells and regions give the objects back", () => {
  const truth = allTargets(data.train, "truth");
  for (const [place, references, count] of [["cell", undefined, 36], ["region", "regions", 8]] as const) {
    const classes = allTargets(data.train, `${place}Classes`).values;
    const boxes = allTargets(data.train, `${place}Boxes`).values;
    let objects = 0;
    for (const [index, type] of classes.entries()) {
      const image = Math.floor(index / count);
      if (type === 0) continue;
      const reference = references ? boxAt(allTargets(data.train, references).values, index) : anchors[index % count];
      const box = decodeBox(boxAt(boxes, index), reference);
      const known = [0, 1, 2].some((object) => {
        const [digit, ...edges] = truth.values.subarray((image * 3 + object) * 5, (image * 3 + object + 1) * 5);
        return digit === type && edges.every((edge, side) => Math.abs(edge - box[side]) < 1e-3);
      });
      assert(known, `${place} ${index} has a box that is nobody's`);
      objects++;
    }
    assert(objects >= 40, `${objects} ${place}s with an object in 40 scenes`);
  }
});

Deno.test("weights of classes and of boxes sum up to 1 per scene", () => {
  for (const place of ["cell", "region"]) {
    for (const kind of ["Weights", "BoxWeights"]) {
      const { values, shape } = allTargets(data.train, `${place}${kind}`);
      for (let image = 0; image < shape[0]; image++) {
        const sum = values.subarray(image * shape[1], (image + 1) * shape[1]).reduce((a, b) => a + b, 0);
        assertAlmostEquals(sum, 1, 1e-5);
      }
    }
  }
});

Deno.test("regions of a plane of coordinates hold the coordinates", () => {
  tf.tidy(() => {
    // Each pixel holds the place of its centre in the scene, so samples hold their own places.
    const centres = Array.from({ length: 6 }, (_, index) => (index + 0.5) * 8);
    const plane = tf.tensor4d(centres.flatMap((y) => centres.flatMap((x) => [x, y])), [1, 6, 6, 2]);
    const values = sampleRegions(plane, tf.tensor3d([[[10, 12, 22, 30]]])).reshape([9, 2]).arraySync() as number[][];
    const expected = [15, 21, 27].flatMap((y) => [12, 16, 20].map((x) => [x, y]));
    for (const [sample, [x, y]] of expected.entries()) {
      assertAlmostEquals(values[sample][0], x, 1e-4);
      assertAlmostEquals(values[sample][1], y, 1e-4);
    }
  });
});

Deno.test("proposals are decoded as boxes are", () => {
  const offsets = Float32Array.from({ length: 36 * 4 }, (_, index) => Math.sin(index) * 0.5);
  const regions = tf.tidy(() => proposalRegions(tf.tensor(offsets, [1, 36, 4])).dataSync<"float32">());
  for (let cell = 0; cell < 36; cell++) {
    const expected = decodeBox(offsets.subarray(cell * 4, cell * 4 + 4), anchors[cell]);
    for (let edge = 0; edge < 4; edge++) assertAlmostEquals(regions[cell * 4 + edge], expected[edge], 1e-3);
  }
  assertEquals(intersectionOverUnion(anchors[0], anchors[35]), 0);
});

for (const kind of detectionHeads) {
  Deno.test(`the loss of a ${kind} head agrees with differences and leaves no tensors`, () => {
    const before = tf.memory().numTensors;
    const task = createDetection({ head: kind });
    const head = task.createHead(taps, { data, seed: 1 });
    tf.tidy(() => {
      const feature = randomTensor([2, 6, 6, 5], 1);
      const targets = targetsOf([0, 1]);
      const lossOf = (stage2: tf.Tensor) => task.loss(head.outputs({ stage2 }, targets), targets);
      const { grads } = tf.variableGrads(() => lossOf(feature), [...head.variables]);
      assertEquals(Object.keys(grads).length, head.variables.length);
      for (const gradient of Object.values(grads)) assert(tf.norm(gradient).dataSync()[0] > 0);
      const { grad } = tf.valueAndGrad(lossOf)(feature);
      const slope = tf.norm(grad).dataSync()[0];
      const move = tf.mul(grad, 5e-3 / slope);
      const measured = tf.sub(lossOf(tf.add(feature, move)), lossOf(tf.sub(feature, move))).dataSync()[0] / 1e-2;
      assertAlmostEquals(measured, slope, 0.03 * slope);
    });
    head.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("two heads of two stages look at the same regions in training, at their own else", () => {
  const task = createDetection({ head: "two-stage" });
  const heads = [1, 2].map((seed) => task.createHead(taps, { data, seed }));
  tf.tidy(() => {
    const stage2 = randomTensor([2, 6, 6, 5], 1);
    const targets = targetsOf([0, 1]);
    for (const head of heads) {
      assertEquals(head.outputs({ stage2 }, targets).regions.arraySync(), targets.regions.arraySync());
      assertEquals(head.outputs({ stage2 }, targets).classes.shape, [2, 8, 11]);
    }
    const [own, others] = heads.map((head) => head.outputs({ stage2 }));
    assertEquals(own.classes.shape, [2, 36, 11]);
    assert(tf.max(tf.abs(tf.sub(own.regions, others.regions))).dataSync()[0] > 1);
  });
  for (const head of heads) head.dispose();
});

Deno.test("a head takes stages of any size and says where there is none", () => {
  const task = createDetection({ head: "two-stage" });
  const head = task.createHead(madeTaps([[3, 5, 4]]), { data, seed: 1 });
  tf.tidy(() => assertEquals(head.outputs({ stage1: randomTensor([1, 3, 5, 4], 1) }).boxes.shape, [1, 36, 4]));
  head.dispose();
  assertThrows(() => task.createHead(madeTaps([]), { data, seed: 1 }), RangeError, "a body with a tapped stage");
});
