import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sampleRankCorrelation } from "simple-statistics";
import { Random } from "../../src/data/random.ts";
import { ranks, spearman, spearmanInterval } from "../../search/rank_correlation.ts";

Deno.test("ranks count from 1, and equal values share the mean of theirs", () => {
  assertEquals(ranks([0.3, 0.1, 0.2]), [3, 1, 2]);
  assertEquals(ranks([2, 1, 2, 2]), [3, 1, 3, 3]);
  assertEquals(ranks([]), []);
});

Deno.test("the rank correlation is 1 of one order, -1 of the reverse, and null where there is none", () => {
  assertEquals(spearman([1, 2, 3], [10, 20, 1000]), 1);
  assertEquals(spearman([1, 2, 3], [3, 2, 1]), -1);
  assertEquals(spearman([1, 2], [1, 2]), null);
  assertEquals(spearman([1, 2, 3], [5, 5, 5]), null);
  // By hand: ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4) have covariance 4.5 and squares 4.5 and 5.
  assertAlmostEquals(spearman([1, 2, 2, 3], [1, 2, 3, 4]) ?? 0, 4.5 / Math.sqrt(4.5 * 5), 1e-12);
  assertThrows(() => spearman([1], []), RangeError, "got 1 and 0");
});

Deno.test("without ties it is that of another program", () => {
  const distinct = fc.uniqueArray(fc.integer(), { minLength: 3, maxLength: 30 });
  fc.assert(fc.property(distinct, fc.infiniteStream(fc.integer()), (a, stream) => {
    const b = [...new Set(stream.take(3 * a.length))].slice(0, a.length);
    fc.pre(b.length === a.length);
    assertAlmostEquals(spearman(a, b) ?? NaN, sampleRankCorrelation(a, b), 1e-9);
  }));
});

Deno.test("the interval of a rank correlation is Fisher's, and a perfect order of few proves little", () => {
  // By hand: atanh(0.5) = 0.549306, the deviation is sqrt((1 + 0.25 / 2) / (10 - 3)) = 0.400892.
  const [low, high] = spearmanInterval(0.5, 10) ?? [0, 0];
  assertAlmostEquals(low, Math.tanh(0.549306 - 1.959964 * 0.400892), 1e-5);
  assertAlmostEquals(high, Math.tanh(0.549306 + 1.959964 * 0.400892), 1e-5);
  const [few, one] = spearmanInterval(1, 5) ?? [1, 0];
  assert(few < 0 && one === 1, `${few} to ${one}`);
  assertEquals(spearmanInterval(-1, 5), [-1, -few]);
  assertEquals([spearmanInterval(1, 3), spearmanInterval(null, 9)], [null, null]);
});

Deno.test("the interval holds the correlation of all pairs nineteen times in twenty", () => {
  const random = new Random(2);
  const draw = (count: number) => {
    const a = Array.from({ length: count }, () => random.normal());
    return { a, b: a.map((value) => value + random.normal()) };
  };
  const all = draw(4000);
  const truth = spearman(all.a, all.b) ?? 0;
  let held = 0;
  for (let sample = 0; sample < 1000; sample++) {
    const { a, b } = draw(10);
    const [low, high] = spearmanInterval(spearman(a, b), 10) ?? [1, 0];
    if (low <= truth && truth <= high) held++;
  }
  assert(held > 920 && held < 985, `${held} of 1000`);
});
