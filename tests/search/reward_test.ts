import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { combineValues, type RewardInput, rewardOf } from "../../search/reward.ts";

/** The reward of an accuracy of 0.5 at `ratio` times a target of 8 ms on one device. */
function rewardAt(ratio: number, options: Partial<RewardInput> = {}): number {
  return rewardOf({ accuracy: 0.5, latencies: [{ latencyMs: 8 * ratio, targetMs: 8 }], ...options });
}

const accuracies = fc.double({ min: 0, max: 1, noNaN: true });
const milliseconds = fc.double({ min: 0.01, max: 1000, noNaN: true });

Deno.test("the soft reward has the published values at half, once and twice the target", () => {
  assertAlmostEquals(rewardAt(2, { form: "soft" }), 0.47632, 5e-6);
  assertEquals(rewardAt(1, { form: "soft" }), 0.5);
  assertAlmostEquals(rewardAt(0.5, { form: "soft" }), 0.52486, 5e-6);
});

Deno.test("the exponent -log2 1.05 trades 5 % more accuracy for twice the latency, and -0.07 nearly so (MnasNet, H6)", () => {
  const exponent = -Math.log2(1.05);
  assertAlmostEquals(exponent, -0.0704, 5e-5);
  for (const accuracy of [0.2, 0.5, 0.9]) {
    for (const ratio of [0.25, 1, 3]) {
      const reward = (share: number, times: number, exponents: [number, number]) =>
        rewardOf({ accuracy: accuracy * share, latencies: [{ latencyMs: 8 * ratio * times, targetMs: 8 }], exponents });
      const plain = reward(1, 1, [exponent, exponent]);
      assertAlmostEquals(reward(1.05, 2, [exponent, exponent]), plain, 1e-12);
      assertAlmostEquals(reward(1.05, 2, [-0.07, -0.07]) / reward(1, 1, [-0.07, -0.07]), 1, 5e-4);
    }
  }
});

Deno.test("the hard reward is the accuracy up to the target and falls with the ratio beyond, and is the default", () => {
  for (const options of [{ form: "hard" } as const, {}]) {
    assertEquals(rewardAt(2, options), 0.25);
    assertEquals(rewardAt(1, options), 0.5);
    assertEquals(rewardAt(0.5, options), 0.5);
  }
});

Deno.test("exponents of one's own replace those of the form", () => {
  assertEquals(rewardAt(4, { exponents: [0, -0.5] }), 0.25);
  assertEquals(rewardAt(0.25, { form: "soft", exponents: [0.5, -1] }), 0.25);
});

Deno.test("the absolute reward takes the weighted distance from the target off, on both sides, down to 0", () => {
  const form = "absolute";
  assertAlmostEquals(rewardAt(2, { form, absoluteWeight: -0.1 }), 0.4, 1e-12);
  assertAlmostEquals(rewardAt(0.5, { form, absoluteWeight: -0.1 }), 0.45, 1e-12);
  assertAlmostEquals(rewardAt(2, { form }), 0.43, 1e-12);
  assertEquals(rewardAt(100, { form }), 0);
});

Deno.test("several devices count by the worst, the mean or the weighted mean of latency over target", () => {
  // Ratios 2 and 0.5; the slower in milliseconds is the one within its target.
  const latencies = [{ latencyMs: 2, targetMs: 1, weight: 1 }, { latencyMs: 10, targetMs: 20, weight: 3 }];
  const reward = (combine: RewardInput["combine"]) => rewardOf({ accuracy: 0.5, latencies, combine });
  assertEquals(reward("worst"), 0.25);
  assertEquals(reward(undefined), 0.25);
  assertEquals(reward("mean"), 0.5 / 1.25);
  assertEquals(reward("weighted"), 0.5); // ratio 0.875
});

Deno.test("a weight that is not given is 1", () => {
  assertEquals(combineValues([{ value: 1 }, { value: 4, weight: 2 }], "weighted"), 3);
});

Deno.test("under the soft form the target only scales: the order of students is the same for every target", () => {
  const students = fc.array(fc.record({ accuracy: accuracies, latencyMs: milliseconds }), { minLength: 2 });
  fc.assert(fc.property(students, milliseconds, milliseconds, (all, targetMs, otherTargetMs) => {
    const ratios = all.map(({ accuracy, latencyMs }) => {
      const at = (target: number) => rewardOf({ accuracy, latencies: [{ latencyMs, targetMs: target }], form: "soft" });
      return { one: at(targetMs), other: at(otherTargetMs) };
    });
    const scale = (otherTargetMs / targetMs) ** 0.07;
    for (const { one, other } of ratios) assertAlmostEquals(other, one * scale, 1e-9);
  }));
});

/** Up to 30 students, few distinct values, so that ties and feasible ones are common. */
const students = fc.array(
  fc.record({
    accuracy: fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10),
    latencyMs: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 30 },
);

type Student = { accuracy: number; latencyMs: number };

/** The students with the highest reward. */
function optima(all: readonly Student[], targetMs: number, options: Partial<RewardInput>): Student[] {
  const rewards = all.map(({ accuracy, latencyMs }) =>
    rewardOf({ accuracy, latencies: [{ latencyMs, targetMs }], ...options })
  );
  const highest = Math.max(...rewards);
  return all.filter((_, index) => highest - rewards[index] < 1e-12);
}

const fast = { accuracy: 0.6, latencyMs: 2 };
const accurate = { accuracy: 0.9, latencyMs: 20 };

Deno.test("the best student by the soft reward does not move with the target", () => {
  fc.assert(
    fc.property(students, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (all, one, other) => {
      const near = ({ accuracy, latencyMs }: Student, targetMs: number) =>
        rewardOf({ accuracy, latencies: [{ latencyMs, targetMs }], form: "soft" });
      // Rounding may part equal rewards, so the one's optimum is compared by its reward under the other target.
      const [best] = optima(all, one, { form: "soft" });
      const highest = Math.max(...all.map((student) => near(student, other)));
      assertAlmostEquals(near(best, other), highest, 1e-12);
    }),
  );
  for (const targetMs of [1, 4, 30]) assertEquals(optima([fast, accurate], targetMs, { form: "soft" }), [accurate]);
});

Deno.test("the best student by the other rewards moves with the target", () => {
  const others: Partial<RewardInput>[] = [
    { form: "hard" },
    { exponents: [0.2, -0.7] },
    { form: "absolute", absoluteWeight: -0.2 },
  ];
  for (const options of others) {
    assertEquals(optima([fast, accurate], 2, options), [fast]);
    assertEquals(optima([fast, accurate], 20, options), [accurate]);
  }
});

Deno.test("by the hard reward nothing beyond the target beats a student within it that is as accurate", () => {
  fc.assert(fc.property(students, fc.integer({ min: 1, max: 40 }), (all, targetMs) => {
    const feasible = all.filter(({ latencyMs }) => latencyMs <= targetMs);
    const [best] = optima(all, targetMs, { form: "hard" });
    const mostAccurate = Math.max(0, ...feasible.map(({ accuracy }) => accuracy));
    if (best.latencyMs <= targetMs) assertEquals(best.accuracy, mostAccurate);
    else assert(best.accuracy > mostAccurate);
  }));
});

Deno.test("the absolute reward is highest at the target, the soft one the higher the faster", () => {
  fc.assert(fc.property(accuracies, milliseconds, milliseconds, (accuracy, latencyMs, targetMs) => {
    const by = (form: "absolute" | "soft", ms: number) =>
      rewardOf({ accuracy, latencies: [{ latencyMs: ms, targetMs }], form });
    assert(by("absolute", latencyMs) <= by("absolute", targetMs));
    assert(by("soft", latencyMs / 2) >= by("soft", latencyMs));
  }));
});

Deno.test("more accuracy or less latency never lowers the hard reward, and no reward is negative", () => {
  const forms = fc.constantFrom<RewardInput["form"]>("hard", "soft", "absolute");
  fc.assert(fc.property(accuracies, accuracies, milliseconds, milliseconds, forms, (a, b, c, d, form) => {
    const reward = (accuracy: number, latencyMs: number, by = form) =>
      rewardOf({ accuracy, latencies: [{ latencyMs, targetMs: 10 }], form: by });
    const [low, high, fast, slow] = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)];
    assert(reward(low, slow) >= 0);
    assert(reward(high, fast, "hard") >= reward(low, slow, "hard"));
  }));
});

Deno.test("at the ends of what targets and exponents may be the reward is a finite number", () => {
  for (const targetMs of [0.001, 1_000_000]) {
    for (const latencyMs of [1e-4, 1e6]) {
      for (const exponent of [-10, 10]) {
        const latencies = [{ latencyMs, targetMs }];
        const reward = rewardOf({ accuracy: 0.5, latencies, exponents: [exponent, exponent] });
        assert(Number.isFinite(reward) && reward > 0, `${reward}`);
      }
    }
  }
});

Deno.test("values out of range are refused with the value", () => {
  const latencies = [{ latencyMs: 1, targetMs: 1 }];
  const cases: [Partial<RewardInput>, string][] = [
    [{ accuracy: 1.5 }, "from 0 to 1, got 1.5"],
    [{ accuracy: NaN }, "got NaN"],
    [{ latencies: [] }, "at least one device, got none"],
    [{ latencies: [{ latencyMs: 0, targetMs: 1 }] }, "Latency in ms must be above 0, got 0"],
    [{ latencies: [{ latencyMs: 1, targetMs: -2 }] }, "Target in ms must be above 0, got -2"],
    [{ latencies: [{ latencyMs: Infinity, targetMs: 1 }] }, "got Infinity"],
    [{ latencies: [{ latencyMs: 1, targetMs: 1, weight: -1 }], combine: "weighted" }, "got -1"],
    [{ latencies: [{ latencyMs: 1, targetMs: 1, weight: 0 }], combine: "weighted" }, "got 0 for all"],
    [{ exponents: [0, NaN] }, "finite numbers, got 0, NaN"],
    [{ latencies: [{ latencyMs: 1, targetMs: 1e100 }], exponents: [-10, -10] }, "is a reward of Infinity"],
    [{ form: "absolute", exponents: [0, -1] }, 'not to "absolute"'],
    [{ form: "absolute", absoluteWeight: 0.1 }, "below 0, got 0.1"],
    [{ form: "soft", absoluteWeight: -0.1 }, 'not to "soft"'],
  ];
  for (const [change, message] of cases) {
    assertThrows(() => rewardOf({ accuracy: 0.5, latencies, ...change }), RangeError, message);
  }
});
