import { assertEquals } from "@std/assert";
import { type Compared, findingAtTargets, findingFrom } from "../../../bench/claims/paired.ts";
import { targetShares } from "../../../bench/claims/claim.ts";
import { verdictAtLatency, verdictOf, verdictOfTest } from "../../../bench/claims/verdict.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const points = { above: 0, worth: 0.5 };

Deno.test("a claim is confirmed by an interval above its bound, refuted by one below what is worth having", () => {
  assertEquals(verdictOf({ mean: 1, low: 0.1, high: 1.9 }, 6, points), "confirmed");
  assertEquals(verdictOf({ mean: 0.1, low: -0.2, high: 0.4 }, 6, points), "not confirmed");
  assertEquals(verdictOf({ mean: -1, low: -1.5, high: -0.5 }, 6, points), "not confirmed");
  assertEquals(verdictOf({ mean: 0.5, low: -0.2, high: 1.2 }, 6, points), "not decided");
});

Deno.test("without an interval, and with fewer than three seeds, nothing is decided", () => {
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

Deno.test("two seeds at two targets are four values and decide nothing all the same", () => {
  const values = [1, 2].flatMap((seed) => targetShares.map((stratum) => ({ stratum, value: 0.05 + seed / 1000 })));
  const text = { id: "H0", claimed: "more", measured: "a difference", unit: "points" };
  const finding = findingFrom(text, values, { scale: 100, ...points });
  assertEquals([finding.n, finding.verdict], [4, "not decided"]);
});

Deno.test("what was won by more latency, or lost by less, decides nothing", () => {
  assertEquals(verdictAtLatency("confirmed", [0.04, -0.2]), "confirmed");
  assertEquals(verdictAtLatency("confirmed", [0.06, -0.2]), "not decided");
  assertEquals(verdictAtLatency("not confirmed", [-0.06, 0.2]), "not decided");
  assertEquals(verdictAtLatency("not confirmed", [-0.04, 0.2]), "not confirmed");
  assertEquals(verdictAtLatency("confirmed", null), "not decided");
});

Deno.test("a difference at equal targets tells the measured latencies of the networks compared", () => {
  const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });
  const [better, other] = [0.5, 1].map((width) => space.reference(width));
  const pairs = [1, 2, 3].flatMap((seed) =>
    targetShares.map((share): Compared => ({ share, difference: 0.03 + seed / 1000, better: [better], other: [other] }))
  );
  const judged = (latencyMs: number | undefined, some = pairs) =>
    findingAtTargets({ id: "H0", claimed: "more", measured: "a difference" }, some, {
      measuredMs: (one) => one === better ? latencyMs : 1,
    });
  const [first, second] = targetShares;
  assertEquals(judged(1.04).verdict, "confirmed");
  assertEquals(
    judged(1.04).note,
    `measured latency against the other's: +4.0 % at the target ${first}, +4.0 % at the target ${second}`,
  );
  assertEquals(judged(1.1).verdict, "not decided");
  assertEquals(judged(undefined).verdict, "not decided");
  // 8 % more at one target and 8 % less at the other: nothing in the mean, and an advantage at one of them.
  const uneven = pairs.map((pair) => pair.share === first ? pair : { ...pair, better: [other], other: [better] });
  assertEquals(judged(1.08, uneven).verdict, "not decided");
  // Six values, all of one target: the other one had nothing to compare with.
  const lacking = judged(1, [...pairs, ...pairs].filter(({ share }) => share === targetShares[1]));
  assertEquals(lacking.verdict, "not decided");
  assertEquals(lacking.note?.endsWith(`nothing to compare at the target ${targetShares[0]}`), true);
  const none = judged(1, []);
  assertEquals([none.value, none.n, none.verdict], [null, 0, "not decided"]);
});
