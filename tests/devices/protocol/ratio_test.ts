import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  estimateRatio,
  pairedLogRatios,
  type PairedSeries,
  positionBetween,
  twoLevelInterval,
} from "../../../devices/protocol/ratio.ts";
import { Random } from "../../../src/data/random.ts";

const prior = { deviation: 0.008, degreesOfFreedom: 4 };

Deno.test("positionBetween() interpolates in ln(latency), and not beyond the references", () => {
  const nominal = { smallMs: 1, largeMs: 16 };
  assertAlmostEquals(positionBetween(4, nominal), 0.5, 1e-12);
  assertEquals(positionBetween(0.5, nominal), 0);
  assertEquals(positionBetween(40, nominal), 1);
  // References that a device cannot tell apart have nothing between them.
  assertEquals(positionBetween(3, { smallMs: 2, largeMs: 2 }), 0);
});

Deno.test("pairedLogRatios() frees each round of the references' drift, as computed by hand", () => {
  // Round 1 is nominal. In round 2 the small one doubled, the large one is 8 times slower: at 0.5 that is 4 times.
  const series = { candidateMs: [4, 16], smallMs: [1, 2], largeMs: [16, 128] };
  const ratios = pairedLogRatios(series, 0.5, { smallMs: 1, largeMs: 16 });
  assertAlmostEquals(ratios[0], Math.log(4), 1e-12);
  assertAlmostEquals(ratios[1], Math.log(4), 1e-12);
});

Deno.test("pairedLogRatios() takes the median of 5 rounds, and single rounds where there are fewer than 150", () => {
  const ratiosOf = (count: number) => {
    const candidateMs = Array.from({ length: count }, (_, round) => [3, 3.1, 50, 70, 3.2][round % 5]);
    const smallMs = Array.from({ length: count }, (_, round) => [1, 9, 2, 9, 2][round % 5]);
    const ones = new Array(count).fill(1);
    return pairedLogRatios({ candidateMs, smallMs, largeMs: ones }, 0, { smallMs: 1, largeMs: 1 });
  };
  assertEquals(ratiosOf(152).length, 30);
  // Median 3.2 of the model beside 2 of the reference.
  for (const ratio of ratiosOf(152)) assertAlmostEquals(ratio, Math.log(1.6), 1e-12);
  assertEquals(ratiosOf(149).length, 149);
  assertAlmostEquals(ratiosOf(149)[1], Math.log(3.1 / 9), 1e-12);
});

for (
  const [name, cost, truth] of [
    // The median lies 1/6 up the slower mode: 0.967 standard deviations of 2 % below its middle.
    [
      "two speeds",
      (random: Random) => (random.next() < 0.6 ? 3 : 2) * Math.exp(0.02 * random.normal()),
      3 * Math.exp(-0.0193),
    ],
    ["a long tail", (random: Random) => 3 * Math.exp(-0.2 * Math.log(1 - random.next())), 3 * 2 ** 0.2],
  ] as const
) {
  for (const rounds of [120, 400, 3000]) {
    Deno.test(`estimateRatio() gives the median of a model with ${name} from ${rounds} rounds`, () => {
      const random = new Random(9);
      const reference = (ms: number) => Array.from({ length: rounds }, () => ms * Math.exp(0.02 * random.normal()));
      // Many loads, so that only the bias is left.
      const loads = Array.from({ length: 60 }, () => ({
        candidateMs: Array.from({ length: rounds }, () => cost(random)),
        smallMs: reference(0.5),
        largeMs: reference(8),
      }));
      const { value, nominal } = estimateRatio(loads, { nominal: { smallMs: 0.5, largeMs: 8 }, prior });
      const latencyMs = value * nominal.smallMs;
      assert(Math.abs(latencyMs / truth - 1) < 0.01, `${latencyMs} ms, the median is ${truth} ms`);
    });
  }
}

Deno.test("estimateRatio() of a model without noise is exactly its ratio, and its drift that of the references", () => {
  const load = (slowness: number): PairedSeries => ({
    candidateMs: new Array(50).fill(4 * slowness),
    smallMs: new Array(50).fill(1 * slowness),
    largeMs: new Array(50).fill(16 * slowness),
  });
  const estimate = estimateRatio([load(1.2), load(1.2)], { nominal: { smallMs: 1, largeMs: 16 }, prior });
  assertAlmostEquals(estimate.value, 4, 1e-9);
  assertAlmostEquals(estimate.drift, Math.log(1.2), 1e-9);
  assertAlmostEquals(estimate.driftBetweenLoads, 0, 1e-9);
  const uneven = estimateRatio([load(1), load(1.44)], { prior });
  assertAlmostEquals(uneven.value, 4, 1e-9);
  assertAlmostEquals(uneven.nominal.smallMs, 1.2, 1e-9);
  assertAlmostEquals(uneven.driftBetweenLoads, Math.log(1.2), 1e-9);
});

Deno.test("estimateRatio() without stored times is the plain ratio to the small reference for a model as fast as that", () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.2, max: 1, noNaN: true }), (seed, factor) => {
      const random = new Random(seed | 0);
      const noisy = (ms: number) => Array.from({ length: 25 }, () => ms * Math.exp(0.1 * random.normal()));
      // At most as fast as the small one, so that it lies at its place whatever the noise.
      const series = { candidateMs: noisy(factor * 0.5), smallMs: noisy(1), largeMs: noisy(8) };
      const { value } = estimateRatio([series], { prior });
      const logs = series.candidateMs.map((ms, round) => Math.log(ms / series.smallMs[round])).sort((a, b) => a - b);
      assertAlmostEquals(value, Math.exp(logs[12]), 1e-9);
    }),
    { numRuns: 50 },
  );
});

Deno.test("estimateRatio() refuses loads without rounds", () => {
  assertThrows(() => estimateRatio([], { prior }), RangeError, "0 loads");
  assertThrows(() => estimateRatio([{ candidateMs: [], smallMs: [], largeMs: [] }], { prior }), RangeError);
});

/** How often the 95 % interval holds 0, where loads differ by `between` and samples within by 0.05. */
function coverage(loads: number, between: number, { samples = 100, correlation = 0.5 } = {}): number {
  const random = new Random(5);
  const sessions = 200;
  let held = 0;
  for (let session = 0; session < sessions; session++) {
    const series = Array.from({ length: loads }, () => {
      const shift = between * random.normal();
      let deviation = random.normal();
      return Array.from({ length: samples }, () => {
        deviation = correlation * deviation + Math.sqrt(1 - correlation ** 2) * random.normal();
        return shift + 0.05 * deviation;
      });
    });
    const { estimate } = twoLevelInterval(series, { prior, seed: session });
    if (estimate.low <= 0 && 0 <= estimate.high) held++;
  }
  return held / sessions;
}

for (const loads of [1, 3, 8]) {
  Deno.test(`the interval over ${loads} loads holds the truth about as often as it says`, () => {
    const held = coverage(loads, prior.deviation);
    assert(held >= 0.93 && held < 1, `loads that differ as expected: ${held}`);
  });
}

Deno.test("the interval over 3 loads widens where they differ more than expected, and narrows with more loads", () => {
  const held = coverage(3, 0.03);
  // Three loads alone cannot tell; the expectation of 0.8 % makes it too narrow, but the loads count as well.
  assert(held > 0.75, `loads that differ by 3 %: ${held}`);
  assert(coverage(8, 0.03) > 0.85);
});

Deno.test("twoLevelInterval() gives a load's own interval without the spread between loads", () => {
  const random = new Random(3);
  const series = [Array.from({ length: 400 }, () => 0.01 * random.normal())];
  const { estimate, loads, blockHalfWidth } = twoLevelInterval(series, { prior });
  assertEquals(estimate.value, loads[0].value);
  assert(blockHalfWidth < 0.004, `${blockHalfWidth}`);
  assert(estimate.high - estimate.low > 2 * (loads[0].high - loads[0].low));
  // Student's t with 4 degrees of freedom: 2.78 standard deviations.
  assertAlmostEquals((estimate.high - estimate.low) / 2, 2.78 * prior.deviation, 0.004);
});
