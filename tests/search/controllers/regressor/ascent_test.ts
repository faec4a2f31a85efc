import { assert, assertEquals } from "@std/assert";
import type { Decision } from "../../../../search/controller.ts";
import {
  type Belief,
  beliefScore,
  bestUnseen,
  climb,
  Position,
} from "../../../../search/controllers/regressor/ascent.ts";
import { ChoiceLayout, PairTable } from "../../../../search/controllers/regressor/pair_table.ts";
import { Random } from "../../../../src/data/random.ts";
import { decisionsWith } from "../../../contracts/controller_play.ts";

const counts = [3, 3, 3, 3];

function randomTable(random: Random): PairTable {
  const table = new PairTable(new ChoiceLayout(counts));
  for (let place = 0; place < table.single.length; place++) table.single[place] = random.normal();
  for (let place = 0; place < table.pair.length; place++) table.pair[place] = 0.3 * random.normal();
  return table;
}

/** A choice is legal where it is not that of the decision before. */
const distinct: Decision[] = decisionsWith(counts).map((decision, index) =>
  index === 0 ? decision : { ...decision, legal: (before) => [0, 1, 2].map((choice) => choice !== before.at(-1)) }
);

function isDistinct(tokens: readonly number[]): boolean {
  return tokens.every((token, index) => index === 0 || token !== tokens[index - 1]);
}

Deno.test("ascent: moves are all legal changes, best first, each with what it adds to the score", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    const belief: Belief = { worth: randomTable(random), feasibility: randomTable(random) };
    for (const [decisions, start] of [[decisionsWith(counts), [0, 0, 0, 0]], [distinct, [0, 1, 2, 1]]] as const) {
      const position = new Position(belief, decisions, start);
      const moves = [...position.moves(-Infinity)];
      for (const { tokens, gain } of moves) {
        const change = beliefScore(belief, tokens) - beliefScore(belief, start);
        assert(Math.abs(change - gain) < 1e-9, `${change} is not ${gain}`);
      }
      if (decisions !== distinct) {
        assertEquals(moves.length, 8);
        assertEquals(moves.map(({ gain }) => gain), moves.map(({ gain }) => gain).toSorted((a, b) => b - a));
      } else assert(moves.every(({ tokens }) => isDistinct(tokens)));
    }
  }
});

Deno.test("ascent: a climb ends where no legal change helps", () => {
  for (let seed = 0; seed < 20; seed++) {
    const belief = { worth: randomTable(new Random(seed)) };
    const tokens = climb(belief, distinct, [0, 1, 0, 1]);
    assert(isDistinct(tokens));
    const score = beliefScore(belief, tokens);
    assert(score >= beliefScore(belief, [0, 1, 0, 1]));
    for (const move of new Position(belief, distinct, tokens).moves(1e-9)) {
      assert(false, `${move.tokens} is better than ${score} by ${move.gain}`);
    }
  }
});

Deno.test("ascent: of separable worth it finds the best of all", () => {
  const worth = new PairTable(new ChoiceLayout(counts));
  worth.single.set([0, 2, 1, 5, 1, 0, -1, 0, -2, 0, 0, 3]);
  assertEquals(climb({ worth }, decisionsWith(counts), [0, 0, 0, 0]), [1, 0, 1, 2]);
});

Deno.test("ascent: what is believed to fail is avoided, however good it would be", () => {
  const [worth, feasibility] = [new PairTable(new ChoiceLayout([3, 2])), new PairTable(new ChoiceLayout([3, 2]))];
  worth.single.set([0, 1, 2, 0, 1]);
  feasibility.constant = 0.5;
  // The last choice of the first decision fails, later: unless the second decision takes its last one.
  feasibility.single.set([0, 0, -1.5, 0, 0]);
  assertEquals(climb({ worth, feasibility }, decisionsWith([3, 2]), [0, 0]), [1, 1]);
  feasibility.pair[2 * 5 + 4] = 1.5;
  assertEquals(climb({ worth, feasibility }, decisionsWith([3, 2]), [0, 0]), [2, 1]);
  // From among what fails, the way out comes first.
  feasibility.pair[2 * 5 + 4] = 0;
  worth.single[2] = 5;
  assertEquals(climb({ worth, feasibility }, decisionsWith([3, 2]), [2, 0]), [1, 1]);
});

Deno.test("ascent: unseen tokens come out best first, through what was seen", () => {
  const worth = new PairTable(new ChoiceLayout([3, 3, 3]));
  worth.single.set([0, 1, 3, 0, 10, 27, 0, 90, 243]);
  const seen = new Set<string>();
  const scores: number[] = [];
  for (let round = 0; round < 27; round++) {
    const tokens = bestUnseen({ worth }, decisionsWith([3, 3, 3]), [2, 2, 2], seen);
    assert(tokens);
    seen.add(tokens.join());
    scores.push(worth.score(tokens));
  }
  assertEquals(seen.size, 27);
  assertEquals(scores, scores.toSorted((one, other) => other - one));
  assertEquals(bestUnseen({ worth }, decisionsWith([3, 3, 3]), [2, 2, 2], seen), undefined);
});
