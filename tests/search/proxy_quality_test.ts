import { assertAlmostEquals, assertEquals } from "@std/assert";
import { drawSample, keptTrials } from "../../search/finals.ts";
import { proxyQuality } from "../../search/proxy_quality.ts";
import { bestTrials } from "../../search/completed_trials.ts";
import { madeUpMeasurement } from "./measurements.ts";
import { madeUpTrial } from "./made_up_trials.ts";

const trials = [1, 2, 3, 4, 5, 6].map((number) => madeUpTrial(number, number / 10, number));
const baseline = madeUpTrial(1, 0.05, 1, { role: "baseline" });

Deno.test("short trainings are compared with all long ones: finals, baselines and the sample", () => {
  const finals = [
    { role: "search" as const, trial: 6, accuracy: 0.9 },
    { role: "baseline" as const, trial: 1, accuracy: 0.3 },
  ];
  const compare = (sampled: { trial: number; accuracy: number }[]) =>
    proxyQuality([...trials, baseline], { finals, sampled });
  const none = { spearman: null, low: null, high: null };
  assertEquals(compare([]), { spearman: null, n: 2, sample: { ...none, n: 0 } });
  assertEquals(compare([{ trial: 2, accuracy: 0.5 }]), { spearman: 1, n: 3, sample: { ...none, n: 1 } });
  assertEquals(compare([{ trial: 2, accuracy: 0.2 }, { trial: 3, accuracy: 0.1 }]), {
    spearman: 0.2,
    n: 4,
    sample: { ...none, n: 2 },
  });
});

Deno.test("the random sample has a figure of its own, which the selected best do not raise", () => {
  const finals = [{ role: "search" as const, trial: 6, accuracy: 0.9 }];
  const sampled = [2, 1, 4, 3].map((long, index) => ({ trial: index + 1, accuracy: long / 10 }));
  const { n, sample, spearman } = proxyQuality(trials, { finals, sampled });
  assertEquals([n, sample.n], [5, 4]);
  assertAlmostEquals(spearman ?? 0, 0.8, 1e-9);
  assertAlmostEquals(sample.spearman ?? 0, 0.6, 1e-9);
  assertAlmostEquals(sample.low ?? 0, Math.tanh(Math.atanh(0.6) - 1.959964 * Math.sqrt(1.18)), 1e-9);
});

Deno.test("the sample is drawn by its seed from completed trials that are not among the best", () => {
  const repeated = madeUpTrial(7, 0.6, 6, { duplicateOf: 6 });
  const draw = (seed: number, count = 2) =>
    drawSample([...trials, repeated], bestTrials(trials, 2), { count, seed }).map(({ number }) => number);
  assertEquals(draw(1), draw(1));
  assertEquals(draw(1, 99), [1, 2, 3, 4]);
  assertEquals(draw(1, 0), []);
  const seen = new Set(Array.from({ length: 30 }, (_, seed) => draw(seed)).flat());
  assertEquals([...seen].sort(), [1, 2, 3, 4]);
});

Deno.test("weights are kept of the fronts, over all devices and on each, and of the best", () => {
  const on = (here: number, phone: number) => [madeUpMeasurement("here", here), madeUpMeasurement("phone", phone)];
  const all = [
    madeUpTrial(1, 0.9, 5, { measurements: on(5, 50), reward: 0.2 }),
    madeUpTrial(2, 0.5, 4, { measurements: on(4, 90), reward: 0.8 }),
    madeUpTrial(3, 0.4, 6, { measurements: on(9, 10), reward: 0.1 }),
    madeUpTrial(4, 0.3, 7, { measurements: on(9, 60), reward: 0.3 }),
  ];
  const kept = (devices: string[], best: number) => keptTrials(all, { devices, best }).map(({ number }) => number);
  assertEquals(kept(["here"], 1), [1, 2]);
  assertEquals(kept(["here", "phone"], 1), [1, 2, 3]);
  assertEquals(kept(["here", "phone"], 2), [1, 2, 3, 4]);
});
