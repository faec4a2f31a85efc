import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as oracle from "simple-statistics";
import fc from "fast-check";
import { median, quantile, summariseSamples } from "../../../devices/protocol/statistics.ts";
import { Random } from "../../../src/data/random.ts";

Deno.test("summariseSamples() gives the quantiles computed by hand", () => {
  const summary = summariseSamples([4, 1, 3, 2, 10]);
  assertEquals(summary.count, 5);
  assertEquals(summary.medianMs, 3);
  // Position 0.9 * 4 = 3.6 between 4 and 10, and 0.99 * 4 = 3.96.
  assertAlmostEquals(summary.p90Ms, 7.6, 1e-12);
  assertAlmostEquals(summary.p99Ms, 9.76, 1e-12);
  // Deviations from 3: 1, 2, 0, 1, 7.
  assertEquals(summary.madMs, 1);
});

Deno.test("median() of an even number of values is the mean of the middle two", () => {
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertThrows(() => median([]), RangeError, "0 values");
});

Deno.test("summariseSamples() gives the bootstrap interval computed by hand", () => {
  // Resampling 1, 2, 3 one by one, the median is 1 or 3 with probability 7/27 = 0.26 each, and 2 otherwise.
  const options = { blockLength: 1, resamples: 2000 };
  const wide = summariseSamples([1, 2, 3], { ...options, confidence: 0.95 });
  assertEquals([wide.ciLowMs, wide.ciHighMs], [1, 3]);
  const narrow = summariseSamples([1, 2, 3], { ...options, confidence: 0.4 });
  assertEquals([narrow.ciLowMs, narrow.ciHighMs], [2, 2]);
});

Deno.test("summariseSamples() draws blocks around the end of the series", () => {
  // A block as long as the series is the series itself, wherever it starts.
  const { medianMs, ciLowMs, ciHighMs } = summariseSamples([5, 1, 2, 9], { blockLength: 4 });
  assertEquals([medianMs, ciLowMs, ciHighMs], [3.5, 3.5, 3.5]);
});

Deno.test("summariseSamples() gives the same for the same seed, and another interval for another", () => {
  const random = new Random(3);
  const samples = Array.from({ length: 50 }, () => 1 + random.next());
  assertEquals(summariseSamples(samples), summariseSamples(samples));
  const other = summariseSamples(samples, { seed: 2 });
  assertEquals(other.medianMs, summariseSamples(samples).medianMs);
  assert(other.ciLowMs !== summariseSamples(samples).ciLowMs || other.ciHighMs !== summariseSamples(samples).ciHighMs);
});

/** How often the 95 % interval holds the true median of a series whose neighbours correlate by `correlation`. */
function coverage(correlation: number, blockLength?: number): number {
  const random = new Random(11);
  const series = 150;
  let held = 0;
  for (let repeat = 0; repeat < series; repeat++) {
    let deviation = random.normal();
    const samples = Array.from({ length: 200 }, () => {
      deviation = correlation * deviation + Math.sqrt(1 - correlation ** 2) * random.normal();
      return 100 + deviation;
    });
    const { ciLowMs, ciHighMs } = summariseSamples(samples, { blockLength, resamples: 200 });
    if (ciLowMs <= 100 && 100 <= ciHighMs) held++;
  }
  return held / series;
}

Deno.test("the interval of summariseSamples() holds the true median about as often as it says", () => {
  assert(coverage(0) > 0.88, `independent samples: ${coverage(0)}`);
  const blocks = coverage(0.7);
  const single = coverage(0.7, 1);
  assert(blocks > 0.8 && single < 0.75, `correlated samples: ${blocks} in blocks, ${single} one by one`);
});

Deno.test("summariseSamples() refuses what is no latency", () => {
  assertThrows(() => summariseSamples([]), RangeError, "0 samples");
  assertThrows(() => summariseSamples([1, 0]), RangeError, "sample 1 is 0 ms");
  assertThrows(() => summariseSamples([NaN]), RangeError, "sample 0 is NaN ms");
  assertThrows(() => summariseSamples([1], { confidence: 95 }), RangeError, "confidence is 95");
});

const samplesArbitrary = fc.array(fc.double({ min: 1e-3, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 200 });
const severalSamples = fc.array(fc.double({ min: 1e-3, max: 1e4, noNaN: true }), { minLength: 2, maxLength: 200 });

Deno.test("medians and deviations agree with a statistics library", () => {
  fc.assert(fc.property(samplesArbitrary, (samples) => {
    const summary = summariseSamples(samples, { resamples: 1 });
    assertAlmostEquals(summary.medianMs, oracle.median(samples), 1e-9);
    assertAlmostEquals(summary.madMs, oracle.medianAbsoluteDeviation(samples), 1e-9);
  }));
});

Deno.test("quantiles of type 7 are the inverse of linear interpolation between order statistics", () => {
  fc.assert(fc.property(severalSamples, fc.double({ min: 0, max: 1, noNaN: true }), (samples, fraction) => {
    const sorted = Float64Array.from(samples).sort();
    const points = Array.from(
      sorted,
      (value, rank): [number, number] => [rank / Math.max(1, sorted.length - 1), value],
    );
    const above = points.findIndex(([position]) => position >= fraction);
    const [x1, y1] = points[above];
    const [x0, y0] = points[Math.max(0, above - 1)];
    const expected = x1 === x0
      ? y1
      : oracle.linearRegressionLine(oracle.linearRegression([[x0, y0], [x1, y1]]))(fraction);
    assertAlmostEquals(quantile(sorted, fraction), expected, 1e-6 * Math.max(1, expected));
  }));
});
