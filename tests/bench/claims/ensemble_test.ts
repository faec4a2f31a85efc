import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { accuracyOf, allCorrectShare, ensembleAccuracy, probabilitiesOf } from "../../../bench/claims/ensemble.ts";

Deno.test("probabilities are the softmax of each row, whatever is added to it", () => {
  const probabilities = probabilitiesOf(Float32Array.of(0, Math.log(3), 1000, 1000), 2);
  for (const [index, value] of [0.25, 0.75, 0.5, 0.5].entries()) assertAlmostEquals(probabilities[index], value, 1e-6);
});

Deno.test("accuracy takes the first of equal scores", () => {
  assertEquals(accuracyOf(Float32Array.of(1, 1, 0, 2), [0, 0]), 0.5);
});

Deno.test("an ensemble goes by mean probabilities: a sure member outweighs two doubtful ones", () => {
  const sure = Float32Array.of(10, 0);
  const doubtful = Float32Array.of(0, 0.1);
  assertEquals(ensembleAccuracy([sure, doubtful, doubtful], [0]), 1);
  assertEquals(ensembleAccuracy([doubtful], [0]), 0);
  assertThrows(() => ensembleAccuracy([], [0]), RangeError, "got none");
});

Deno.test("all are right about a row where none of them is wrong", () => {
  const [right, wrong] = [[1, 0], [0, 1]];
  const a = Float32Array.from([right, right, wrong, wrong].flat());
  const b = Float32Array.from([right, wrong, right, wrong].flat());
  assertEquals(allCorrectShare([a, b], [0, 0, 0, 0]), 0.25);
  assertEquals(allCorrectShare([a], [0, 0, 0, 0]), 0.5);
});
