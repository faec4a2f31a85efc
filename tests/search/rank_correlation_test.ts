import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sampleRankCorrelation } from "simple-statistics";
import { ranks, spearman } from "../../search/rank_correlation.ts";

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
