import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import { cosines, rankingScores, retrievalScores, verificationScores } from "../../../src/tasks/retrieval_scores.ts";

/** Symmetric similarities from those of pairs a > b, row by row. */
function similaritiesOf(pairs: number[][]): Float32Array {
  const count = pairs.length + 1;
  const all = new Float32Array(count * count).fill(1);
  pairs.forEach((row, a) =>
    row.forEach((value, b) => {
      all[(a + 1) * count + b] = value;
      all[b * count + a + 1] = value;
    })
  );
  return all;
}

Deno.test("cosines do not depend on the length of embeddings, and a zero is like nothing", () => {
  const similarities = cosines(Float32Array.of(3, 0, 0, 0.5, 1, 1, 0, 0), 4);
  const half = Math.SQRT1_2;
  [1, 0, half, 0, 0, 1, half, 0, half, half, 1, 0, 0, 0, 0, 0].forEach((value, index) =>
    assertAlmostEquals(similarities[index], value, 1e-6)
  );
});

Deno.test("average precision and recall at 1 are those counted by hand", () => {
  // Labels 0, 0, 0, 1, 1. Image 0 ranks 3 (wrong), 1, 4 (wrong), 2: precisions 1/2 and 2/4.
  const similarities = similaritiesOf([[0.8], [0.2, 0.9], [0.85, 0.1, 0.15], [0.5, 0.05, 0.3, 0.7]]);
  const labels = [0, 0, 0, 1, 1];
  // 1 ranks 2, 0: 1. 2 ranks 1, 4 (wrong), 0: (1 + 2/3) / 2. 3 ranks 0 (wrong), 4: 1/2. 4 ranks 3 first: 1.
  const mean = (0.5 + 1 + 5 / 6 + 0.5 + 1) / 5;
  const { meanAveragePrecision, recallAt1 } = rankingScores(similarities, labels);
  assertAlmostEquals(meanAveragePrecision, mean, 1e-6);
  assertAlmostEquals(recallAt1, 3 / 5, 1e-6);
});

Deno.test("verification counts accepts above the threshold, and ties as half", () => {
  const similarities = similaritiesOf([[0.8], [0.5, 0.3], [0.2, 0.5, 0.9]]);
  // Same: 0-1 0.8, 2-3 0.9. Different: 0.5, 0.3, 0.2, 0.5.
  const separate = verificationScores(similarities, [0, 0, 1, 1]);
  assertEquals(separate, { verificationAuc: 1, trueAcceptsAt1Percent: 1 });
  // Same: 0-2 0.5, 1-3 0.5. Different: 0.8, 0.3, 0.2, 0.9: each same one beats two of four.
  const mixed = verificationScores(similarities, [0, 1, 0, 1]);
  assertEquals(mixed, { verificationAuc: 0.5, trueAcceptsAt1Percent: 0 });
  // One of the four may pass: those above 0.8.
  assertEquals(verificationScores(similarities, [0, 1, 0, 1], 0.25).trueAcceptsAt1Percent, 0);
  assertEquals(verificationScores(similarities, [0, 1, 0, 1], 0.5).trueAcceptsAt1Percent, 1);
  assertEquals(verificationScores(similaritiesOf([[0.5], [0.5, 0.5]]), [0, 0, 1]).verificationAuc, 0.5);
});

Deno.test("embeddings apart are found without fault, and random ones by chance", () => {
  const labels = Array.from({ length: 90 }, (_, index) => index % 3);
  const apart = Float32Array.from(labels.flatMap((label) => [0, 1, 2].map((axis) => axis === label ? 2 : 0.1)));
  assertEquals(retrievalScores(apart, labels), {
    meanAveragePrecision: 1,
    recallAt1: 1,
    verificationAuc: 1,
    trueAcceptsAt1Percent: 1,
  });
  const random = new Random(3);
  const scores = retrievalScores(Float32Array.from({ length: 90 * 8 }, () => random.normal()), labels);
  assert(Math.abs(scores.verificationAuc - 0.5) < 0.05, `AUC ${scores.verificationAuc}`);
  assert(Math.abs(scores.meanAveragePrecision - 0.37) < 0.05, `mAP ${scores.meanAveragePrecision}`);
  assert(scores.trueAcceptsAt1Percent < 0.05);
});

Deno.test("equal embeddings are no luck: wrong ones come first", () => {
  const { recallAt1 } = rankingScores(new Float32Array(16).fill(1), [0, 0, 1, 1]);
  assertEquals(recallAt1, 0);
});

Deno.test("scores need two images of a class and two classes", () => {
  assertThrows(() => rankingScores(new Float32Array(4), [0, 1]), RangeError, "a class with two images");
  assertThrows(() => verificationScores(new Float32Array(4), [0, 0]), RangeError, "of two classes");
});
