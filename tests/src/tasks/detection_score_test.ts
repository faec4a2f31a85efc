import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  anchors,
  decodeBox,
  encodeBox,
  intersectionOverUnion,
  suppressDoubles,
} from "../../../src/tasks/detection_boxes.ts";
import {
  averagePrecision,
  meanAveragePrecision,
  readDetections,
  readTruth,
} from "../../../src/tasks/detection_score.ts";
import type { Box } from "../../../src/tasks/scenes.ts";

const here: Box = [0, 0, 10, 10];
const there: Box = [20, 20, 30, 30];
const detection = (image: number, score: number, box: Box, digit = 0) => ({ image, digit, score, box });

Deno.test("intersection over union of hand-made boxes", () => {
  assertEquals(intersectionOverUnion(here, here), 1);
  assertEquals(intersectionOverUnion(here, there), 0);
  assertAlmostEquals(intersectionOverUnion(here, [5, 0, 15, 10]), 50 / 150, 1e-9);
});

Deno.test("offsets of a box give the box back", () => {
  for (const reference of [anchors[0], anchors[20], there]) {
    const box = decodeBox(encodeBox([3, 5, 17, 29], reference), reference);
    for (const [edge, expected] of [3, 5, 17, 29].entries()) assertAlmostEquals(box[edge], expected, 1e-9);
  }
});

Deno.test("of boxes on one spot the best remains", () => {
  const doubles = [detection(0, 0.5, here), detection(0, 0.9, [1, 0, 11, 10]), detection(0, 0.4, there)];
  assertEquals(suppressDoubles(doubles, 0.45).map(({ score }) => score), [0.9, 0.4]);
});

Deno.test("average precision of hand-made detections", () => {
  const truth = [{ image: 0, box: here }, { image: 1, box: there }];
  const right = [detection(0, 0.9, here), detection(1, 0.8, there)];
  assertEquals(averagePrecision(right, truth, 0.5), 1);
  assertEquals(averagePrecision([], truth, 0.5), 0);
  // In another image, and a second one on an object that is taken.
  assertEquals(averagePrecision([detection(1, 0.9, here)], truth, 0.5), 0);
  assertEquals(averagePrecision([detection(0, 0.9, here), detection(0, 0.8, here)], truth, 0.5), 0.5);
  // Right, wrong, right: precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1.
  const mixed = [detection(0, 0.9, here), detection(0, 0.8, there), detection(1, 0.7, there)];
  assertAlmostEquals(averagePrecision(mixed, truth, 0.5), 0.5 * 1 + 0.5 * 2 / 3, 1e-9);
  // Wrong, right, right: the best precision at no lower recall is 2/3 for both.
  const late = [detection(0, 0.9, there), detection(0, 0.8, here), detection(1, 0.7, there)];
  assertAlmostEquals(averagePrecision(late, truth, 0.5), 2 / 3, 1e-9);
  assertThrows(() => averagePrecision(right, [], 0.5), RangeError, "at least one object");
});

Deno.test("a box must overlap enough", () => {
  const truth = [{ image: 0, box: here }];
  const shifted = [detection(0, 0.9, [0, 3, 10, 13])];
  assertEquals(averagePrecision(shifted, truth, 0.5), 1);
  assertEquals(averagePrecision(shifted, truth, 0.75), 0);
});

Deno.test("the mean is over the digits that there are", () => {
  const truth = [{ image: 0, digit: 3, box: here }, { image: 0, digit: 7, box: there }];
  assertEquals(meanAveragePrecision([detection(0, 0.9, here, 3), detection(0, 0.9, here, 1)], truth), 0.5);
});

Deno.test("outputs are read as boxes of one or of two stages", () => {
  const classes = new Float32Array(2 * 11);
  classes[1 + 4] = 20;
  classes[11] = 20;
  const boxes = { values: new Float32Array(8), shape: [1, 2, 4] };
  const oneStage = { classes: { values: classes, shape: [1, 2, 11] }, boxes };
  const [only, ...others] = readDetections(oneStage);
  assertEquals(others, []);
  assertEquals([only.image, only.digit], [0, 4]);
  assertEquals(only.box, anchors[0]);
  const regions = { values: Float32Array.from([...there, ...here]), shape: [1, 2, 4] };
  const proposalClasses = { values: Float32Array.from([0, 0, 0, 0]), shape: [1, 2, 2] };
  const [second] = readDetections({ ...oneStage, regions, proposalClasses });
  assertEquals(second.box, there);
  assert(Math.abs(second.score - 0.5) < 1e-6);
});

Deno.test("truth is read without its empty places", () => {
  const values = Float32Array.from([3, ...here, 0, 0, 0, 0, 0, 1, ...there, 0, 0, 0, 0, 0]);
  assertEquals(readTruth({ values, shape: [2, 2, 5] }), [
    { image: 0, digit: 2, box: here },
    { image: 1, digit: 0, box: there },
  ]);
});
