import { assertEquals } from "@std/assert";
import { findingFrom } from "../../../bench/claims/paired.ts";
import { verdictOf, verdictOfTest } from "../../../bench/claims/verdict.ts";

const points = { above: 0, worth: 0.5 };

Deno.test("a claim is confirmed by an interval above its bound, refuted by one below what is worth having", () => {
  assertEquals(verdictOf({ mean: 1, low: 0.1, high: 1.9 }, 6, points), "confirmed");
  assertEquals(verdictOf({ mean: 0.1, low: -0.2, high: 0.4 }, 6, points), "not confirmed");
  assertEquals(verdictOf({ mean: -1, low: -1.5, high: -0.5 }, 6, points), "not confirmed");
  assertEquals(verdictOf({ mean: 0.5, low: -0.2, high: 1.2 }, 6, points), "not decided");
});

Deno.test("without an interval, and with fewer than three values, nothing is decided", () => {
  assertEquals(verdictOf({ mean: 1, low: null, high: null }, 6, points), "not decided");
  assertEquals(verdictOf({ mean: 1, low: 0.9, high: 1.1 }, 2, points), "not decided");
});

Deno.test("a permutation test confirms at five percent and never refutes", () => {
  assertEquals(verdictOfTest(0.049, 3), "confirmed");
  assertEquals(verdictOfTest(0.049, 2), "not decided");
  assertEquals(verdictOfTest(0.9, 10), "not decided");
});

Deno.test("a finding's interval is over the seeds within each target, in its unit", () => {
  const values = [1, 2, 3].flatMap((seed) => [
    { stratum: 0.7, value: 0.01 + seed / 1000 },
    // Another level at the other target widens nothing.
    { stratum: 1, value: 0.05 + seed / 1000 },
  ]);
  const text = { id: "H0", claimed: "more", measured: "a difference", unit: "points" };
  const finding = findingFrom(text, values, { scale: 100, ...points });
  assertEquals(finding.n, 6);
  assertEquals(finding.verdict, "confirmed");
  // Mean 3.2; standard error of the mean of the two means sqrt(2 * 0.01 / 3) / 2 with 4 degrees of freedom.
  assertEquals(finding.value?.toFixed(3), "3.200");
  assertEquals(finding.low?.toFixed(3), (3.2 - 2.776445 * Math.sqrt(2 * 0.01 / 3) / 2).toFixed(3));
});
