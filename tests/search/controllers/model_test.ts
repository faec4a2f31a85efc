import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { Controller, Decision } from "../../../search/controller.ts";
import { tokensKey } from "../../../search/controllers/legal_tokens.ts";
import { createController } from "../../../search/controllers/table.ts";
import { decisionsWith, zeroShare } from "../../contracts/controller_play.ts";

const decisions = decisionsWith([4, 2, 3, 5, 3, 4, 4, 2]);

/** Asks for `batches` of five; returns the rewards in order. */
function play(controller: Controller, batches: number, reward: (tokens: readonly number[]) => number): number[] {
  return Array.from({ length: batches }, () => {
    const results = controller.ask(5).map((sample) => ({ sample, reward: reward(sample.tokens) }));
    controller.tell(results);
    return results.map((result) => result.reward);
  }).flat();
}

const share = (tokens: readonly number[]) => zeroShare({ id: 0, tokens: [...tokens] });

Deno.test("model: finds the best of 23,040 networks within 60 samples where decisions add up", () => {
  for (let seed = 0; seed < 5; seed++) {
    assertEquals(Math.max(...play(createController("model", { decisions, seed }), 12, share)), 1);
  }
});

Deno.test("model: climbs up to a cliff, where evolution is not yet", () => {
  // Of 16 decisions, ten may be 0; of more, all fails. A random network has four.
  const reward = (tokens: readonly number[]) => (share(tokens) > 10 / 16 ? 0 : share(tokens));
  const many = decisionsWith(new Array(16).fill(4));
  const bests = (create: (seed: number) => Controller) =>
    [0, 1, 2, 3, 4].map((seed) => Math.max(...play(create(seed), 10, reward)));
  assertEquals(bests((seed) => createController("model", { decisions: many, seed })), new Array(5).fill(10 / 16));
  assert(Math.min(...bests((seed) => createController("evolution", { decisions: many, seed }))) < 10 / 16);
});

Deno.test("model: proposes nothing twice while there is anything else, masks or not", () => {
  const masked: Decision[] = decisionsWith([3, 3, 3, 3]).map((decision, index) =>
    index === 0 ? decision : { ...decision, legal: (before) => [0, 1, 2].map((choice) => choice !== before.at(-1)) }
  );
  for (const [some, networks] of [[decisionsWith([2, 3, 4]), 24], [masked, 24]] as const) {
    const controller = createController("model", { decisions: some, seed: 3 });
    const keys: string[] = [];
    for (let asked = 0; asked < networks; asked += 4) {
      const samples = controller.ask(4);
      keys.push(...samples.map(({ tokens }) => tokensKey(tokens)));
      controller.tell(samples.map((sample) => ({ sample, reward: zeroShare(sample) })));
    }
    assertEquals(new Set(keys).size, networks);
    // All are known now; a search goes on nevertheless.
    assertEquals(controller.ask(5).length, 5);
  }
});

Deno.test("model: while nothing is feasible it looks at random", () => {
  const controller = createController("model", { decisions, seed: 4 });
  play(controller, 4, () => 0);
  const asked = controller.ask(40);
  for (const [index, { choices }] of decisions.entries()) {
    assertEquals(new Set(asked.map(({ tokens }) => tokens[index])).size, choices.length);
  }
  assertEquals(controller.statistics(), { meanReward: 0, bestReward: 0, results: 20, failedResults: 20 });
});

Deno.test("model: it does not matter in which portions results were told", () => {
  const [whole, parts] = [
    createController("model", { decisions, seed: 5 }),
    createController("model", { decisions, seed: 5 }),
  ];
  const results = whole.ask(30).map((sample) => ({ sample, reward: zeroShare(sample) }));
  parts.ask(30);
  whole.tell(results);
  for (const result of results) parts.tell([result]);
  // Asking in between draws from the generator, but what was fitted then must not linger.
  assertEquals(parts.ask(6), whole.ask(6));
});

Deno.test("model: beyond its memory it continues bit for bit from a snapshot, and keeps the best", () => {
  const options = { decisions, memory: 20, exploration: 0 };
  const controller = createController("model", { ...options, seed: 6 });
  play(controller, 12, share);
  const restored = createController("model", { ...options, seed: 7 });
  restored.restore(JSON.parse(JSON.stringify(controller.snapshot())));
  assertEquals(restored.ask(5), controller.ask(5));
  assertEquals(play(restored, 3, share), play(controller, 3, share));
});

Deno.test("model: more exploration gives batches that differ more", () => {
  const spread = (exploration: number) =>
    [0, 1, 2, 3, 4].reduce((total, seed) => {
      const controller = createController("model", { decisions, seed, exploration, neighbours: 0 });
      play(controller, 3, share);
      const [first, ...others] = controller.ask(10).map(({ tokens }) => tokens);
      return others.reduce(
        (sum, tokens) => sum + tokens.filter((token, index) => token !== first[index]).length,
        total,
      );
    }, 0);
  assert(spread(2) > 1.2 * spread(0), `${spread(2)} ${spread(0)}`);
  assertNotEquals(spread(0), 0);
});

Deno.test("model: a reward of 0 is a failure, also a single one; the least of others is none, however often", () => {
  const controller = createController("model", { decisions, seed: 9 });
  const [zero, ...others] = controller.ask(12);
  controller.tell(others.map((sample, index) => ({ sample, reward: index < 8 ? 0.1 : 0.5 })));
  assertEquals(controller.statistics().failedResults, 0);
  controller.tell([{ sample: zero, reward: 0 }]);
  assertEquals(controller.statistics().failedResults, 1);
});

Deno.test("model: what is worth least is learned from, also where several are worth exactly that", () => {
  // One decision counts: token 0 of the first gives 1, all others 0.5, which is no failure but still worse.
  for (let seed = 0; seed < 5; seed++) {
    const controller = createController("model", { decisions, seed, exploration: 0, neighbours: 0 });
    const samples = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1].map((token, id) => ({
      id,
      tokens: [token, id % 2, id % 3, id % 5, (id + 1) % 3, (id * 3) % 4, id % 4, (id >> 1) % 2],
    }));
    controller.tell(samples.map((sample) => ({ sample, reward: sample.tokens[0] === 0 ? 1 : 0.5 })));
    for (const { tokens } of controller.ask(3)) assertEquals(tokens[0], 0);
  }
});

Deno.test("model: where two are the best, it proposes unknown neighbours of the first as often as it is told to", () => {
  const controller = createController("model", { decisions, seed: 10, neighbours: 1 });
  const told = controller.ask(10);
  controller.tell(told.map((sample) => ({ sample, reward: [3, 7].includes(sample.id) ? 2 : 1 })));
  const asked = controller.ask(12).map(({ tokens }) => tokens);
  for (const tokens of asked) {
    assertEquals(tokens.filter((token, index) => token !== told[3].tokens[index]).length, 1);
  }
  assertEquals(new Set([...told.map(({ tokens }) => tokens), ...asked].map(tokensKey)).size, 22);
});

Deno.test("model: where one is the best, or all are equal, there are none of these", () => {
  for (const best of [[3], []]) {
    const [with1, without] = [1, 0].map((neighbours) => createController("model", { decisions, seed: 10, neighbours }));
    const results = with1.ask(10).map((sample) => ({ sample, reward: best.includes(sample.id) ? 2 : 1 }));
    without.ask(10);
    with1.tell(results);
    without.tell(results);
    assertEquals(with1.ask(12), without.ask(12));
  }
});

Deno.test("model: on a staircase, where a decision counts once all before it are right, it goes on climbing", () => {
  const many = decisionsWith(new Array(12).fill(3));
  // The number of steps taken, of which a random network takes half a one on average.
  const reward = (tokens: readonly number[]) => (1 + [...tokens, 1].findIndex((token) => token !== 0)) / 13;
  const bests = (neighbours: number) =>
    [0, 1, 2, 3, 4].map((seed) => {
      const controller = createController("model", { decisions: many, seed, neighbours });
      return Math.max(...play(controller, 40, reward));
    });
  const total = (rewards: readonly number[]) => rewards.reduce((sum, value) => sum + value, 0);
  const [all, none] = [bests(0.5), bests(0)];
  assert(total(all) > total(none) + 1, `${all} against ${none}`);
});

Deno.test("model: options out of range are refused by name", () => {
  assertThrows(() => createController("model", { decisions, seed: 1, exploration: -1 }), Error, "exploration");
  assertThrows(() => createController("model", { decisions, seed: 1, memory: 1 }), Error, "memory");
});
