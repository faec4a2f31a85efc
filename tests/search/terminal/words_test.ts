import { assertEquals } from "@std/assert";
import { initialState } from "../../../search/terminal/run_state.ts";
import { trialCounts, trialOutcome } from "../../../search/terminal/words.ts";
import { madeUpTrial } from "../made_up_trials.ts";

const none = { accuracy: undefined, latencyMs: undefined, measurements: [] };
const foreseen = "foreseen 9.10 ms (8.20 to 10.0 ms), beyond 2 x the target of 3.00 ms";
const skipped = madeUpTrial(2, 0, 1, { ...none, state: "skipped", reason: foreseen, reward: 0.21 });

Deno.test("a skipped trial is told with its estimated reward and what was foreseen", () => {
  assertEquals(trialOutcome(skipped), `skipped: reward 0.210: ${foreseen}`);
});

Deno.test("finished trials are counted, and apart those without a result", () => {
  const state = { ...initialState(0), plannedTrials: 9 };
  const failed = madeUpTrial(3, 0, 1, { ...none, state: "failed" });
  assertEquals(trialCounts({ ...state, trials: [madeUpTrial(1, 0.5, 1)] }), "1/9 trials");
  const trials = [madeUpTrial(1, 0.5, 1), skipped, failed, madeUpTrial(1, 0.5, 1, { role: "baseline" })];
  assertEquals(trialCounts({ ...state, trials }), "3/9 trials, 1 failed, 1 skipped");
});
