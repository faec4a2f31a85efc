import { assertEquals } from "@std/assert";
import type { RunEvent } from "../../../search/events.ts";
import { initialState, nextState, secondsLeft } from "../../../search/terminal/run_state.ts";
import { fixtureBaseline, fixtureTrials } from "../report/fixtures.ts";

/** The state after `events`, one second apart. */
function fold(events: readonly RunEvent[]) {
  return events.reduce((state, event, i) => nextState(state, event, i * 1000), initialState(0));
}

const start = (trials: number, stored = fixtureTrials(0, 1)): RunEvent => ({ type: "start", run: "r", trials, stored });
const search: RunEvent = { type: "phase", phase: "search", message: "searching" };
const trials = fixtureTrials(10, 1).map((trial): RunEvent => ({ type: "trial", trial }));

Deno.test("trials of an earlier start count as done, but not for the pace", () => {
  const state = fold([start(20, fixtureTrials(10, 1)), search, trials[0], trials[1], trials[2]]);
  assertEquals(state.progress, { done: 13, total: 20, unit: "trials", firstDone: 10, firstMs: 1000 });
  // Three trials in three seconds, seven to go.
  assertEquals(secondsLeft(state.progress ?? never(), 4000), 7);
});

Deno.test("the time left is unknown until two units are done", () => {
  const early = fold([start(10), search, trials[0]]);
  assertEquals(secondsLeft(early.progress ?? never(), 60_000), null);
  const later = fold([start(10), search, trials[0], trials[1]]);
  assertEquals(secondsLeft(later.progress ?? never(), 5000), 16);
});

Deno.test("baselines are kept, but are no progress of the search", () => {
  const state = fold([start(10), search, { type: "trial", trial: fixtureBaseline(1, "x", 1, 0.5) }]);
  assertEquals([state.trials.length, state.progress?.done], [1, 0]);
});

Deno.test("a new phase starts its progress afresh", () => {
  const state = fold([
    { type: "phase", phase: "teacher", message: "" },
    { type: "progress", phase: "teacher", done: 3, total: 5, unit: "epochs" },
    { type: "phase", phase: "logits", message: "" },
  ]);
  assertEquals(state.progress, null);
});

Deno.test("waiting is over with the next event that is not a note", () => {
  const waiting: RunEvent = { type: "waiting", message: "open the page" };
  assertEquals(fold([waiting, { type: "note", message: "n" }]).waiting, "open the page");
  assertEquals(fold([waiting, { type: "targets", targets: [] }]).waiting, null);
});

Deno.test("trials that were scored anew take the place of those that were heard", () => {
  const anew = fixtureTrials(2, 1).map((trial) => ({ ...trial, reward: 0.25 }));
  const state = fold([start(10), search, trials[0], trials[1], { type: "rescored", trials: anew }]);
  assertEquals(state.trials.map(({ reward }) => reward), [0.25, 0.25]);
});

Deno.test("trainers that were not heard of yet are idle", () => {
  assertEquals(fold([{ type: "trainer", trainer: 1, activity: "trial 1" }]).trainers, ["idle", "trial 1"]);
});

function never(): never {
  throw new Error("no progress");
}
