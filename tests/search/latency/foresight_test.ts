import { assert, assertEquals } from "@std/assert";
import {
  combinePredictions,
  type DevicePrediction,
  foreseeUseless,
  type ForesightRule,
} from "../../../search/latency/foresight.ts";
import { type RewardInput, rewardOf } from "../../../search/reward.ts";
import { Random } from "../../../src/data/random.ts";

type Form = Pick<RewardInput, "absoluteWeight" | "exponents" | "form">;

const targetMs = 4;
const rewardAt = (form: Form, latencyMs: number, accuracy: number) =>
  rewardOf({ ...form, accuracy, latencies: [{ latencyMs, targetMs }] });
const ruleOf = (form: Form, best?: number): ForesightRule => ({
  targets: [{ device: "here", targetMs, weight: 1 }],
  combine: "worst",
  rewardIfPerfect: (latencyMs) => rewardAt(form, latencyMs, 1),
  best: best === undefined ? undefined : { number: 12, reward: best },
});
const here = (lowMs: number, latencyMs: number, highMs: number): DevicePrediction[] => [
  { device: "here", lowMs, latencyMs, highMs },
];

Deno.test("only a student that could not be the best even if it were right on every image is of no use", () => {
  const useless = foreseeUseless(here(8, 9, 12), ruleOf({}, 0.6));
  assertEquals(
    useless?.reason,
    "foreseen 9.00 ms (8.00 to 12.0 ms): even right on every image its reward would be at most 0.500, " +
      "and trial 12 has 0.600",
  );
  assertEquals(useless?.overLimit, false);
  // As good as the best is not worse, and without a best nobody is.
  assertEquals(foreseeUseless(here(8, 9, 12), ruleOf({}, 0.5)), null);
  assertEquals(foreseeUseless(here(800, 900, 1200), ruleOf({})), null);
  // Far beyond its target, but so is the best: no target is out of reach.
  assertEquals(foreseeUseless(here(80, 90, 120), ruleOf({}, 0.04)), null);
});

Deno.test("whatever the reward, nobody is skipped who might be the best within the interval, and some are", () => {
  const forms: Form[] = [
    {},
    { form: "soft" },
    { form: "absolute" },
    { form: "absolute", absoluteWeight: -3 },
    { exponents: [0, 0] },
    { exponents: [0.5, 0.5] },
    { exponents: [0.5, -2] },
    { exponents: [-1, 2] },
    { exponents: [-1, 0] },
  ];
  const random = new Random(1);
  for (const form of forms) {
    let skipped = 0;
    for (let draw = 0; draw < 300; draw++) {
      const lowMs = 20 * random.next();
      const highMs = lowMs * (1 + 2 * random.next());
      const best = rewardAt(form, 12 * random.next(), 0.5 + random.next() / 2);
      const useless = foreseeUseless(here(lowMs, (lowMs + highMs) / 2, highMs), ruleOf(form, best));
      const possible = Array.from(
        { length: 200 },
        (_, step) => rewardAt(form, lowMs + (highMs - lowMs) * step / 199, 1),
      ).some((reward) => reward > best);
      if (useless) skipped++;
      assert(!useless || !possible, `${JSON.stringify(form)}: ${useless?.reason}`);
    }
    assertEquals(skipped > 0, form.exponents?.every((exponent) => exponent === 0) !== true, JSON.stringify(form));
  }
});

Deno.test("a hard limit is broken surely where the low end breaks it, whether or not there is a best", () => {
  const limited = { ...ruleOf({}), maxLatencyMs: 5 };
  assertEquals(foreseeUseless(here(4.9, 5.5, 6), limited), null);
  const useless = foreseeUseless(here(5.1, 5.5, 6), limited);
  assertEquals(
    [useless?.reason, useless?.overLimit],
    ["foreseen 5.50 ms (5.10 to 6.00 ms), more than 5 ms", true],
  );
  // On each of the devices, the ones that count.
  const phone = { device: "phone", lowMs: 6, latencyMs: 7, highMs: 8 };
  const predictions = [...here(1, 2, 3), phone];
  const targets = ["here", "phone"].map((device) => ({ device, targetMs: 100, weight: 1 }));
  const slow = foreseeUseless(predictions, { ...limited, targets });
  assertEquals(slow?.reason, "foreseen 7.00 ms (6.00 to 8.00 ms) on phone, more than 5 ms");
  assertEquals(foreseeUseless(predictions, { ...limited, targets: targets.slice(0, 1) }), null);
});

Deno.test("several devices combine as scores do, in milliseconds of the first; one without a prediction forbids it", () => {
  const targets = [{ device: "here", targetMs: 4, weight: 3 }, { device: "phone", targetMs: 10, weight: 1 }];
  const predictions = [
    { device: "phone", lowMs: 30, latencyMs: 40, highMs: 50 },
    { device: "here", lowMs: 2, latencyMs: 4, highMs: 6 },
  ];
  const combined = (combine: ForesightRule["combine"]) => combinePredictions(predictions, { combine, targets });
  assertEquals(combined("worst"), { lowMs: 12, latencyMs: 16, highMs: 20 });
  assertEquals(combined("mean"), { lowMs: 7, latencyMs: 10, highMs: 13 });
  assertEquals(combined("weighted"), { lowMs: 4.5, latencyMs: 7, highMs: 9.5 });
  // At 12 ms of 4 a perfect student comes to 1/3, at a mean of 7 to 4/7.
  const rule = { ...ruleOf({}, 0.4), targets };
  assertEquals(foreseeUseless(predictions, rule)?.latency.lowMs, 12);
  assertEquals(foreseeUseless(predictions, { ...rule, combine: "mean" }), null);
  assertEquals(foreseeUseless(predictions.slice(0, 1), rule), null);
});
