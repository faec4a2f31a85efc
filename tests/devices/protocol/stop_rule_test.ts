import { assert, assertEquals } from "@std/assert";
import type { StopPlan } from "../../../devices/protocol/profiles.ts";
import { createStopRule } from "../../../devices/protocol/stop_rule.ts";
import { Random } from "../../../src/data/random.ts";

const plan: StopPlan = {
  minimumRounds: 100,
  minimumMs: 5000,
  minimumInferences: 300,
  halfWidth: 0.01,
  maximumMs: 30_000,
  networksPlanned: 6,
};

/** Rounds of both references and of candidates with these log standard deviations. */
function roundsOf(count: number, deviations: readonly number[]): number[][] {
  const random = new Random(2);
  return Array.from(
    { length: count },
    () =>
      [1, 8, ...deviations.map(() => 2)].map((ms, column) =>
        ms * Math.exp((deviations[column - 2] ?? 0) * random.normal())
      ),
  );
}

/** Whether the rule ends when asked so often, `everyMs` apart; its own checks take no time. */
function ends(
  rounds: number[][],
  { measuredMs = 10_000, runs = rounds[0].map(() => 4), asked = 2, everyMs = 1000 } = {},
): boolean {
  let nowMs = 0;
  const rule = createStopRule(plan, { runs, clock: () => nowMs });
  let enough = false;
  for (let times = 0; times < asked; times++, nowMs += everyMs) enough = rule.enough(rounds, measuredMs);
  return enough;
}

Deno.test("a load ends when two checks in a row, 1 s apart, find every interval narrow", () => {
  const quiet = roundsOf(200, [0.01, 0.01]);
  assertEquals([ends(quiet, { asked: 1 }), ends(quiet), ends(quiet, { everyMs: 900 })], [false, true, false]);
  assertEquals(ends(quiet, { everyMs: 500, asked: 3 }), true);
  let nowMs = 0;
  const rule = createStopRule(plan, { runs: [4, 4, 4], clock: () => nowMs });
  const answers = [0.01, 0.5, 0.01, 0.01].map((deviation) => {
    nowMs += 1000;
    return rule.enough(roundsOf(200, [deviation]), 10_000);
  });
  assertEquals(answers, [false, false, false, true]);
});

Deno.test("a load goes on while any of its candidates is not known well enough", () => {
  assertEquals([ends(roundsOf(200, [0.5, 0.01])), ends(roundsOf(200, [0.01, 0.5]))], [false, false]);
});

Deno.test("a load goes on until it has the rounds, the time and the inferences that its profile asks for", () => {
  assertEquals([ends(roundsOf(99, [0.001])), ends(roundsOf(100, [0.001]))], [false, true]);
  assertEquals([4999, 5000].map((measuredMs) => ends(roundsOf(200, [0.001]), { measuredMs })), [false, true]);
  // Of the candidate with the fewest.
  assertEquals(ends(roundsOf(149, [0.001, 0.001]), { runs: [9, 9, 9, 2] }), false);
  assertEquals(ends(roundsOf(150, [0.001, 0.001]), { runs: [1, 1, 9, 2] }), true);
});

Deno.test("a load ends at its longest time, which grows with the networks beyond those planned", () => {
  const noisy = (networks: number) => roundsOf(20, new Array(networks - 2).fill(0.5));
  const at = (networks: number, measuredMs: number) => ends(noisy(networks), { measuredMs, asked: 1 });
  assertEquals([at(3, 29_999), at(3, 30_000), at(6, 30_000)], [false, true, true]);
  assertEquals([at(12, 30_000), at(12, 59_999), at(12, 60_000)], [false, false, true]);
});

Deno.test("a load goes on where neighbouring rounds resemble each other, for longer than if they did not", () => {
  const random = new Random(4);
  let deviation = 0;
  const correlated = Array.from({ length: 400 }, () => {
    deviation = 0.97 * deviation + Math.sqrt(1 - 0.97 ** 2) * random.normal();
    return [1, 8, 2 * Math.exp(0.06 * deviation)];
  });
  const shuffled = correlated.slice();
  random.shuffle(shuffled);
  assert(!ends(correlated) && ends(shuffled));
});
