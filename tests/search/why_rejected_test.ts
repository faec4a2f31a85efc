import { assertEquals } from "@std/assert";
import { rejections } from "../../search/why_rejected.ts";
import { madeUpTrial } from "./made_up_trials.ts";
import { madeUpMeasurement } from "./measurements.ts";

const none = { accuracy: undefined, latencyMs: undefined, reward: undefined };
const trials = [
  madeUpTrial(1, 0.8, 2, { reward: 0.9 }),
  madeUpTrial(2, 0.7, 1),
  madeUpTrial(3, 0.788, 2.5),
  madeUpTrial(4, 0.7, 1.001),
  madeUpTrial(5, 0.65, 1),
  madeUpTrial(6, 0, 1, { ...none, state: "failed", reason: "loss NaN at step 3" }),
  madeUpTrial(7, 0, 1, { ...none, state: "infeasible", reason: "9 parameters, more than 8", reward: 0 }),
  madeUpTrial(8, 0, 1, { ...none, state: "skipped", reason: "foreseen 9 ms", reward: 0.3 }),
  madeUpTrial(9, 0.65, 1, { duplicateOf: 5 }),
  madeUpTrial(10, 0, 1, { ...none, state: "infeasible", reason: "too large", reward: 0, duplicateOf: 7 }),
  madeUpTrial(11, 0, 1, { ...none, state: "pending" }),
  madeUpTrial(1, 0.99, 0.1, { role: "baseline" }),
];

Deno.test("every trial has a line that says why it is not the one to take", () => {
  assertEquals(rejections(trials, ["here"]).map(({ reason, state, trial }) => `${trial} ${state}: ${reason}`), [
    "1 completed: the best: the highest reward",
    "2 completed: on the front; trial 1 has a higher reward",
    "3 completed: trial 1 is 20 % faster and 1.2 points more accurate",
    "4 completed: trial 2 is slightly faster and as accurate",
    "5 completed: trial 2 is as fast and 5.0 points more accurate",
    "6 failed: loss NaN at step 3",
    "7 infeasible: 9 parameters, more than 8",
    "8 skipped: foreseen 9 ms",
    "9 completed: the same network as trial 5",
    "10 infeasible: the same network as trial 7: too large",
    "11 pending: not finished",
  ]);
});

Deno.test("of two equal trials the later one is told of the earlier one", () => {
  const equal = [madeUpTrial(1, 0.8, 2), madeUpTrial(2, 0.8, 2)];
  assertEquals(rejections(equal, ["here"]).map(({ reason }) => reason), [
    "the best: the highest reward, and the fastest that has it",
    "trial 1 is as fast and as accurate",
  ]);
});

Deno.test("a slower student with the best one's reward is said to be as good by it, not worse", () => {
  const one = madeUpTrial(1, 0.8, 2, { reward: 0.7 });
  const faster = madeUpTrial(2, 0.7, 1);
  assertEquals(rejections([one, faster], ["here"]).map(({ reason }) => reason), [
    "on the front; by its reward as good as trial 2, but slower",
    "the best: the highest reward, and the fastest that has it",
  ]);
  assertEquals(rejections([madeUpTrial(1, 1, 1.53), madeUpTrial(2, 1, 1.44)], ["here"]).map(({ reason }) => reason), [
    "trial 2 is 6 % faster and as accurate",
    "the best: the highest reward, and the fastest that has it",
  ]);
});

Deno.test("of several devices each has its front and its speed", () => {
  const timed = (number: number, accuracy: number, hereMs: number, phoneMs: number, reward = accuracy) =>
    madeUpTrial(number, accuracy, (hereMs + phoneMs) / 2, {
      reward,
      measurements: [madeUpMeasurement("here", hereMs), madeUpMeasurement("phone", phoneMs)],
    });
  const said = (...trials: ReturnType<typeof timed>[]) =>
    rejections(trials, ["here", "phone"]).map(({ reason }) => reason);
  assertEquals(said(timed(1, 0.8, 2, 2), timed(2, 0.7, 1, 4), timed(3, 0.743, 2.02, 2.9), timed(4, 0.75, 1.9, 3)), [
    "the best: the highest reward",
    // By the mixture alone trial 1 would beat it.
    "on the front of this machine; trial 1 has a higher reward",
    "trial 1 is slightly faster on this machine, 31 % faster on phone and 5.7 points more accurate",
    "on the front of this machine; trial 1 has a higher reward",
  ]);
  assertEquals(said(timed(1, 0.8, 2, 2), timed(2, 0.7, 2.4, 4)), [
    "the best: the highest reward",
    "trial 1 is 17 % faster on this machine, 50 % faster on phone and 10.0 points more accurate",
  ]);
  assertEquals(said(timed(1, 0.8, 1, 1), timed(2, 0.8, 0.9, 2, 0.8)), [
    "the best: the highest reward, and the fastest that has it, all devices combined",
    "on the front of this machine; by its reward as good as trial 1, but slower, all devices combined",
  ]);
  // Each device has another one that beats trial 3.
  assertEquals(said(timed(1, 0.8, 1, 5), timed(2, 0.8, 5, 1), timed(3, 0.7, 1.5, 1.5)).slice(2), [
    "on the front of the combined latency alone; trial 1 has a higher reward",
  ]);
  // Beaten on each device by another one, and by both devices together by trial 4, which is slower on one.
  assertEquals(said(timed(1, 0.8, 1, 5), timed(2, 0.8, 5, 1), timed(3, 0.7, 2, 3), timed(4, 0.7, 2.5, 2)).slice(2, 3), [
    "trial 4 is 25 % slower on this machine, 33 % faster on phone and as accurate",
  ]);
});
