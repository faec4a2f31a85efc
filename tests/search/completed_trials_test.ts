import { assertEquals } from "@std/assert";
import { bestTrials, whyNoneCompleted } from "../../search/completed_trials.ts";
import { madeUpPending, madeUpTrial, space } from "./made_up_trials.ts";

const none = { accuracy: undefined, latencyMs: undefined, reward: undefined };

Deno.test("of equal rewards the faster student is better, of equally fast ones the earlier", () => {
  const trials = [
    madeUpTrial(1, 0.9, 0.9),
    madeUpTrial(2, 0.9, 0.3),
    madeUpTrial(3, 0.9, 0.3),
    madeUpTrial(4, 0.95, 2),
    madeUpTrial(5, 0.8, 0.1),
  ];
  assertEquals(bestTrials(trials, 5).map(({ number }) => number), [4, 2, 3, 1, 5]);
  assertEquals(bestTrials(trials.toReversed(), 2).map(({ number }) => number), [4, 2]);
});

Deno.test("a search came to nothing once all its trials ended and none was completed", () => {
  const infeasible = (number: number) =>
    madeUpTrial(number, 0, 1, { ...none, state: "infeasible", reason: "9 parameters, more than 8", reward: 0 });
  const baseline = madeUpTrial(1, 0.9, 1, { role: "baseline" });
  const two = [infeasible(1), infeasible(2)];
  assertEquals(
    whyNoneCompleted([baseline, ...two], 2),
    "none of the 2 trials was completed; trial 1: 9 parameters, more than 8",
  );
  assertEquals(
    whyNoneCompleted([infeasible(1)], 1),
    "the only trial was not completed; trial 1: 9 parameters, more than 8",
  );
  assertEquals(whyNoneCompleted(two, 3), undefined);
  assertEquals(whyNoneCompleted([...two, madeUpPending(3, space.decisions.map(() => 0))], 3), undefined);
  assertEquals(whyNoneCompleted([...two, madeUpTrial(3, 0.1, 1)], 3), undefined);
});
