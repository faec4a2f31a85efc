import { assert, assertEquals, assertMatch } from "@std/assert";
import { Random } from "../../src/data/random.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import type { Foreseen } from "../../search/latency/foresight.ts";
import { leastTrained, Skipping } from "../../search/skipping.ts";
import { madeUpMeasurement } from "./measurements.ts";
import { madeUpPending, madeUpTrial, space } from "./made_up_trials.ts";

const devices = () => ["here"];
const score = ([{ latencyMs }]: Trial["measurements"], accuracy: number) => ({
  latencyMs,
  reward: accuracy / latencyMs,
});

/** A trial whose accuracy is told by its first token, 0.5 to 0.8, and its latency by nothing. */
function trained(number: number, latencyMs = 2): Trial {
  const random = new Random(number);
  const tokens = space.decisions.map(({ choices }) => random.integer(choices.length));
  tokens[0] = number % 4;
  const { architecture, parameters, multiplyAdds } = madeUpPending(number, tokens);
  return madeUpTrial(number, 0.5 + tokens[0] / 10 + 0.001 * random.normal(), latencyMs, {
    ...{ tokens, architecture, parameters, multiplyAdds },
  });
}

const measured = (first: number, latencyMs: number) => {
  const { tokens } = trained(first);
  return madeUpPending(100, tokens, { measurements: [madeUpMeasurement("here", latencyMs)], latencyMs });
};

Deno.test("a student is pruned where a faster one is better than it can be hoped to be, and not else", () => {
  const skipping = new Skipping({ prune: true, devices, score });
  skipping.learn(Array.from({ length: 40 }, (_, index) => trained(index + 1)));
  const skip = skipping.beforeTraining(measured(4, 3));
  assertEquals(skip?.foreseen.what, "accuracy");
  const { accuracy, high, low, value } = skip?.foreseen ?? { accuracy: 0, high: 0, low: 0, value: 0 };
  assert(Math.abs(value - 0.5) < 0.05 && low <= value && value <= high && accuracy === value);
  assertMatch(
    skip?.reason ?? "",
    /^foreseen 5\d\.\d % \(at best [56]\d\.\d %\), and trial \d+ is at least as fast with \d+/,
  );
  // Faster than all that is known: nobody beats it. The most accurate choice may be the best yet.
  assertEquals(skipping.beforeTraining(measured(4, 1)), undefined);
  assertEquals(skipping.beforeTraining(measured(3, 3)), undefined);
});

Deno.test("nothing is pruned before enough is known, by baselines or duplicates, or where it is not asked for", () => {
  const few = new Skipping({ prune: true, devices, score });
  few.learn(Array.from({ length: leastTrained - 1 }, (_, index) => trained(index + 1)));
  few.learn([{ ...trained(50), role: "baseline" }, { ...trained(51), duplicateOf: 1 }, {
    ...trained(52),
    state: "failed",
    accuracy: undefined,
  }]);
  assertEquals(few.beforeTraining(measured(4, 3)), undefined);
  const off = new Skipping({ prune: false, devices, score });
  off.learn(Array.from({ length: 40 }, (_, index) => trained(index + 1)));
  assertEquals(off.beforeTraining(measured(4, 3)), undefined);
});

Deno.test("of several devices a rival has to be as fast on each", () => {
  const skipping = new Skipping({ prune: true, devices: () => ["here", "phone"], score });
  const on = (here: number, phone: number) => [madeUpMeasurement("here", here), madeUpMeasurement("phone", phone)];
  skipping.learn(Array.from({ length: 40 }, (_, index) => ({ ...trained(index + 1), measurements: on(2, 20) })));
  assert(skipping.beforeTraining({ ...measured(4, 3), measurements: on(2, 20) }));
  assertEquals(skipping.beforeTraining({ ...measured(4, 3), measurements: on(3, 19) }), undefined);
});

/** Predictors that foresee the same of all, and keep what they were told. */
function listening(foreseen: Foreseen | null = null) {
  const observed: number[] = [];
  const bests: unknown[] = [];
  return {
    observed,
    bests,
    observe: ({ measurements }: Pick<Trial, "measurements">) => void observed.push(measurements.length),
    foresee: (_: unknown, best: unknown) => {
      bests.push(best && { ...best, devices: undefined });
      return foreseen;
    },
  };
}

const useless: Foreseen = {
  reason: "foreseen 9 ms",
  latency: { latencyMs: 9, lowMs: 8, highMs: 10 },
  predictions: [
    { device: "here", latencyMs: 9, lowMs: 8, highMs: 10 },
    // It left the run.
    { device: "phone", latencyMs: 90, lowMs: 80, highMs: 100 },
  ],
  overLimit: false,
};

Deno.test("what could not be the best is not timed: its reward supposes the latencies foreseen and the median accuracy", () => {
  const predictors = listening(useless);
  const skipping = new Skipping({ predictors, prune: false, devices, score });
  skipping.learn([{ ...trained(9), role: "baseline" }]);
  skipping.learn([madeUpTrial(1, 0.4, 1), madeUpTrial(2, 0.9, 3), madeUpTrial(3, 0.5, 1)]);
  const foreseen = { what: "latencyMs" as const, value: 9, low: 8, high: 10, accuracy: 0.5, latenciesMs: { here: 9 } };
  assertEquals(skipping.beforeTiming(measured(1, 1)), { reason: useless.reason, foreseen });
  const limited = new Skipping({
    predictors: listening({ ...useless, overLimit: true }),
    prune: false,
    devices,
    score,
  });
  limited.learn([madeUpTrial(1, 0.5, 1)]);
  assertEquals(limited.beforeTiming(measured(1, 1))?.foreseen, { ...foreseen, overLimit: true });
  assertEquals(predictors.observed, [1, 1, 1, 1]);
});

Deno.test("what breaks the hard limit is not timed even while nothing was trained", () => {
  const predictors = listening({ ...useless, overLimit: true });
  const skipping = new Skipping({ predictors, prune: false, devices, score });
  skipping.learn([{ ...trained(9), role: "baseline" }]);
  const { accuracy, overLimit } = skipping.beforeTiming(measured(1, 1))?.foreseen ?? {};
  assertEquals([accuracy, overLimit, predictors.bests], [0, true, [undefined]]);
});

Deno.test("the best so far is that of completed batches, by the devices that count now", () => {
  const predictors = listening();
  const names = ["here", "phone"];
  const slowOnPhone = [2, 40, 30].map((phone, index) =>
    madeUpTrial(index + 1, 0.5 + index / 10, 2, {
      reward: 1,
      measurements: [madeUpMeasurement("here", 2), madeUpMeasurement("phone", phone)],
    })
  );
  const skipping = new Skipping({
    ...{ predictors, prune: false, devices: () => names },
    score: (measurements, accuracy) => {
      const latencyMs = Math.max(
        ...names.map((name) => measurements.find(({ device }) => device.name === name)?.latencyMs ?? 0),
      );
      return { latencyMs, reward: accuracy / latencyMs };
    },
  });
  skipping.learn(slowOnPhone);
  skipping.beforeTiming(measured(1, 1));
  names.pop();
  skipping.beforeTiming(measured(1, 1));
  skipping.learn([madeUpTrial(4, 0.8, 2, { measurements: [madeUpMeasurement("here", 2)] })]);
  skipping.beforeTiming(measured(1, 1));
  const none = { devices: undefined };
  assertEquals(predictors.bests, [
    { number: 1, latencyMs: 2, reward: 0.25, ...none },
    { number: 3, latencyMs: 2, reward: 0.35, ...none },
    { number: 4, latencyMs: 2, reward: 0.4, ...none },
  ]);
});

Deno.test("a failed trial teaches no latency, though a resumed run finds what some devices measured", () => {
  const predictors = listening();
  const skipping = new Skipping({ predictors, prune: false, devices, score });
  const failed = { ...trained(1), state: "failed" as const, accuracy: undefined, reward: undefined };
  // The first one as it is stored and read again: with measurements of its network, and no latency of its own.
  skipping.learn([{ ...failed, latencyMs: undefined }, failed, {
    ...trained(2),
    role: "baseline",
    latencyMs: undefined,
  }]);
  assertEquals(predictors.observed.length, 2);
});
