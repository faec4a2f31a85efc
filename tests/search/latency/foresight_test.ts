import { assertEquals, assertThrows } from "@std/assert";
import {
  combinePredictions,
  type DevicePrediction,
  type ForesightRule,
  isSurelyFar,
} from "../../../search/latency/foresight.ts";

const rule: ForesightRule = {
  targets: [{ device: "here", targetMs: 4, weight: 1 }],
  combine: "worst",
  reward: "hard",
};
const here = (lowMs: number, latencyMs: number, highMs: number): DevicePrediction[] => [
  { device: "here", lowMs, latencyMs, highMs },
];

Deno.test("only a student whose whole interval lies beyond twice the target is surely far", () => {
  assertEquals(isSurelyFar(here(7.9, 9, 12), rule), null);
  assertEquals(isSurelyFar(here(8, 9, 12), rule), null);
  assertEquals(
    isSurelyFar(here(8.1, 9, 12), rule)?.reason,
    "foreseen 9.00 ms (8.10 to 12.0 ms), beyond 2 x the target of 4.00 ms",
  );
  assertEquals(isSurelyFar(here(8.1, 9, 12), { ...rule, farFactor: 3 }), null);
  assertThrows(() => isSurelyFar(here(1, 1, 1), { ...rule, farFactor: 1 }), RangeError, "got 1");
});

Deno.test("a hard limit is broken surely where the low end breaks it, also close to the target", () => {
  const limited = { ...rule, maxLatencyMs: 5 };
  assertEquals(isSurelyFar(here(4.9, 5.5, 6), limited), null);
  assertEquals(
    isSurelyFar(here(5.1, 5.5, 6), limited)?.reason,
    "foreseen 5.50 ms (5.10 to 6.00 ms), more than 5.00 ms",
  );
});

Deno.test("too fast is far only where the reward falls for it", () => {
  const fast = here(1, 1.5, 1.9);
  assertEquals(isSurelyFar(fast, rule), null);
  assertEquals(isSurelyFar(fast, { ...rule, reward: "soft" }), null);
  assertEquals(isSurelyFar(fast, { ...rule, exponents: [0, -1] }), null);
  const why = "foreseen 1.50 ms (1.00 to 1.90 ms), below 1/2 of the target of 4.00 ms";
  assertEquals(isSurelyFar(fast, { ...rule, reward: "absolute" })?.reason, why);
  assertEquals(isSurelyFar(fast, { ...rule, exponents: [0.1, -1] })?.reason, why);
  assertEquals(isSurelyFar(here(1, 1.5, 2.1), { ...rule, reward: "absolute" }), null);
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
  assertEquals(isSurelyFar(predictions, { ...rule, targets })?.latency.lowMs, 12);
  assertEquals(isSurelyFar(predictions, { ...rule, targets, combine: "mean" }), null);
  assertEquals(isSurelyFar(predictions.slice(0, 1), { ...rule, targets }), null);
});
