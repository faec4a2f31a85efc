import { assert, assertEquals } from "@std/assert";
import { createController } from "../../../search/controllers/table.ts";
import { decisionsWith } from "../../contracts/controller_play.ts";

const decisions = decisionsWith([3, 3, 3, 3]);

function distance(one: readonly number[], other: readonly number[]): number {
  return one.filter((token, index) => token !== other[index]).length;
}

/** A controller whose starts are told, the second of which is the best. */
function climbing(options: { patience?: number } = {}) {
  const controller = createController("local", { decisions, seed: 5, starts: 3, ...options });
  const starts = controller.ask(3);
  controller.tell(starts.map((sample, index) => ({ sample, reward: [0.1, 0.5, 0.2][index] })));
  return { controller, best: starts[1].tokens };
}

Deno.test("local: after the starts, all are neighbours of the best one, each once", () => {
  const { controller, best } = climbing();
  const first = controller.ask(3);
  controller.tell(first.map((sample) => ({ sample, reward: 0 })));
  const second = controller.ask(5);
  const all = [...first, ...second].map(({ tokens }) => tokens);
  for (const tokens of all) assertEquals(distance(tokens, best), 1);
  // Four decisions with two other choices each: eight neighbours.
  assertEquals(new Set(all.map((tokens) => tokens.join())).size, 8);
});

Deno.test("local: a better neighbour is where the climb goes on", () => {
  const { controller } = climbing();
  const neighbours = controller.ask(3);
  controller.tell(neighbours.map((sample, index) => ({ sample, reward: [0.6, 0.8, 0.7][index] })));
  assertEquals(controller.statistics().incumbentReward, 0.8);
  for (const { tokens } of controller.ask(5)) assertEquals(distance(tokens, neighbours[1].tokens), 1);
});

Deno.test("local: it restarts when patience is out, and knows the best of all", () => {
  const { controller, best } = climbing({ patience: 4 });
  controller.tell(controller.ask(4).map((sample) => ({ sample, reward: 0.3 })));
  assertEquals(controller.statistics().triedNeighbours, 4);
  const restarted = controller.ask(12).map(({ tokens }) => distance(tokens, best));
  assert(Math.max(...restarted) > 1, `${restarted}`);
  controller.tell(controller.ask(3).map((sample) => ({ sample, reward: 0.2 })));
  assertEquals(controller.statistics().restarts, 1);
  assertEquals(controller.statistics().incumbentReward, 0.2);
  assertEquals(controller.statistics().bestReward, 0.5);
});

Deno.test("local: it restarts when all neighbours were tried", () => {
  const { controller } = climbing();
  controller.tell(controller.ask(8).map((sample) => ({ sample, reward: 0 })));
  controller.tell(controller.ask(1).map((sample) => ({ sample, reward: 0.4 })));
  assertEquals(controller.statistics().restarts, 1);
});

Deno.test("local: while all is equally bad it starts again, in place of climbing on a plateau", () => {
  for (const size of [1, 3, 8]) {
    const many = decisionsWith(new Array(12).fill(4));
    const controller = createController("local", { decisions: many, seed: 6, starts: 3 });
    const [first, ...rest] = Array.from({ length: 24 / size }, () => {
      const samples = controller.ask(size);
      controller.tell(samples.map((sample) => ({ sample, reward: 0 })));
      return samples;
    }).flat();
    // At random, 9 of 12 tokens differ; of neighbours one, or two.
    for (const { tokens } of rest) assert(distance(tokens, first.tokens) > 3, `by batches of ${size}`);
    assertEquals(controller.statistics().restarts, 0);
    const [next] = controller.ask(1);
    controller.tell([{ sample: next, reward: 0.4 }]);
    for (const { tokens } of controller.ask(4)) assertEquals(distance(tokens, next.tokens), 1);
  }
});

Deno.test("local: a single start is climbed from as soon as it is known to be better than something", () => {
  const controller = createController("local", { decisions, seed: 7, starts: 1 });
  const [one] = controller.ask(1);
  controller.tell([{ sample: one, reward: 0.4 }]);
  const [two] = controller.ask(1);
  controller.tell([{ sample: two, reward: 0.3 }]);
  for (const { tokens } of controller.ask(5)) assertEquals(distance(tokens, one.tokens), 1);
});
