import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Controller } from "../../../search/controller.ts";
import { createController } from "../../../search/controllers/table.ts";
import { decisionsWith } from "../../contracts/controller_play.ts";

const decisions = decisionsWith([4, 4, 4, 4, 4, 4]);

function distance(one: readonly number[], other: readonly number[]): number {
  return one.filter((token, index) => token !== other[index]).length;
}

function populationOf(controller: Controller): { tokens: number[]; reward: number }[] {
  return controller.snapshot().population as { tokens: number[]; reward: number }[];
}

Deno.test("evolution: every child is the best of a tournament of all with one decision changed", () => {
  // With so many draws a tournament misses the best of four with probability 0.75^64, which is 1e-8.
  const controller = createController("evolution", { decisions, seed: 1, population: 4, tournament: 64 });
  const rewards = [0.2, 0.9, 0.1, 0.3];
  const first = controller.ask(4);
  controller.tell(first.map((sample, index) => ({ sample, reward: rewards[index] })));
  for (const { tokens } of controller.ask(15)) assertEquals(distance(tokens, first[1].tokens), 1);
});

Deno.test("evolution: a batch has no child twice, nor one that is alive, while there are others", () => {
  const controller = createController("evolution", { decisions, seed: 2, population: 1, tournament: 1 });
  const [parent] = controller.ask(1);
  controller.tell([{ sample: parent, reward: 1 }]);
  const children = controller.ask(6).map(({ tokens }) => tokens.join());
  assertEquals(new Set(children).size, 6);
  assert(!children.includes(parent.tokens.join()));
});

Deno.test("evolution: the oldest dies, though it is the best", () => {
  const controller = createController("evolution", { decisions, seed: 3, population: 3, tournament: 2 });
  const samples = controller.ask(4);
  controller.tell(samples.map((sample, index) => ({ sample, reward: 1 - 0.1 * index })));
  assertEquals(populationOf(controller).map(({ reward }) => reward), [0.9, 0.8, 0.7]);
  assertEquals(controller.statistics().populationBestReward, 0.9);
  assertEquals(controller.statistics().population, 3);
});

Deno.test("evolution: samples are random until the population is full", () => {
  const controller = createController("evolution", { decisions, seed: 4, population: 5, tournament: 64 });
  const samples = controller.ask(4);
  controller.tell(samples.map((sample, index) => ({ sample, reward: index })));
  const apart = controller.ask(20).map(({ tokens }) => distance(tokens, samples[3].tokens));
  // 4.5 of 6 tokens differ on average.
  assert(Math.max(...apart) > 3);
});

Deno.test("evolution: while all that live are equally good, children are random too", () => {
  const many = decisionsWith(new Array(12).fill(4));
  const controller = createController("evolution", { decisions: many, seed: 5, population: 4, tournament: 4 });
  const dead = controller.ask(4);
  controller.tell(dead.map((sample) => ({ sample, reward: 0 })));
  const next = controller.ask(4);
  const nearest = next.map(({ tokens }) => Math.min(...dead.map((parent) => distance(tokens, parent.tokens))));
  assert(Math.min(...nearest) > 3, `${nearest}`);
  controller.tell([{ sample: next[0], reward: 0.1 }]);
  const children = controller.ask(20).filter(({ tokens }) => distance(tokens, next[0].tokens) === 1);
  assert(children.length > 5);
});

Deno.test("evolution: a population or tournament of none is refused", () => {
  assertThrows(() => createController("evolution", { decisions, seed: 1, population: 0 }), Error, "population");
  assertThrows(() => createController("evolution", { decisions, seed: 1, tournament: 0.5 }), Error, "tournament");
});
