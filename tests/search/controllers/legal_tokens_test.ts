import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Decision } from "../../../search/controller.ts";
import {
  mutateTokens,
  randomLegalTokens,
  tokensKey,
  unseenTokens,
  withChoice,
} from "../../../search/controllers/legal_tokens.ts";
import { Random } from "../../../src/data/random.ts";
import { decisionsWith } from "../../contracts/controller_play.ts";

/** A token is legal where it is not the one before it: three decisions of 3 choices, 12 networks. */
const distinct: Decision[] = decisionsWith([3, 3, 3]).map((decision, index) =>
  index === 0 ? decision : { ...decision, legal: (before) => [0, 1, 2].map((choice) => choice !== before.at(-1)) }
);

function isDistinct(tokens: readonly number[]): boolean {
  return tokens.length === 3 && tokens[0] !== tokens[1] && tokens[1] !== tokens[2];
}

Deno.test("random tokens are legal, and all legal ones come up", () => {
  const random = new Random(1);
  const all = Array.from({ length: 500 }, () => randomLegalTokens(distinct, random));
  assert(all.every(isDistinct));
  assertEquals(new Set(all.map(tokensKey)).size, 12);
});

Deno.test("a mutation changes one decision to another choice, each as likely", () => {
  const random = new Random(2);
  const counts = new Map<string, number>();
  for (let round = 0; round < 5000; round++) {
    const child = mutateTokens(decisionsWith([2, 1, 5]), [1, 0, 3], random);
    counts.set(tokensKey(child), (counts.get(tokensKey(child)) ?? 0) + 1);
  }
  // The decision with one choice cannot change; of the other two each is drawn half of the time.
  assertEquals(new Set(counts.keys()), new Set(["0,0,3", "1,0,0", "1,0,1", "1,0,2", "1,0,4"]));
  assert(Math.abs((counts.get("0,0,3") ?? 0) - 2500) < 4 * 36);
  assert(Math.abs((counts.get("1,0,4") ?? 0) - 625) < 4 * 24);
});

Deno.test("a mutation of masked decisions is legal and another network", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const random = new Random(seed);
    const parent = randomLegalTokens(distinct, random);
    const child = mutateTokens(distinct, parent, random);
    assert(isDistinct(child), `${parent} -> ${child}`);
    const first = parent.findIndex((token, index) => token !== child[index]);
    assert(first >= 0);
    // A token after the changed one changes only where it has to.
    if (first < 2 && child[first] !== parent[first + 1]) assertEquals(child.slice(first + 1), parent.slice(first + 1));
  }));
});

Deno.test("where nothing else is legal, a mutation gives the same tokens", () => {
  assertEquals(mutateTokens(decisionsWith([1, 1]), [0, 0], new Random(1)), [0, 0]);
});

Deno.test("an illegal choice is refused, and later tokens that become illegal are replaced", () => {
  const replace = (_index: number, legal: readonly number[]) => legal[0];
  assertEquals(withChoice(distinct, [0, 1, 2], { index: 1, choice: 0, replace }), undefined);
  assertEquals(withChoice(distinct, [0, 1, 2], { index: 1, choice: 2, replace }), [0, 2, 0]);
  assertEquals(withChoice(distinct, [0, 1, 2], { index: 2, choice: 0, replace }), [0, 1, 0]);
});

Deno.test("unseen tokens are found down to the last one, and not once all were seen", () => {
  const random = new Random(3);
  const seen = new Set<string>();
  for (let round = 0; round < 12; round++) {
    const tokens = unseenTokens(distinct, seen, random);
    assert(tokens && isDistinct(tokens) && !seen.has(tokensKey(tokens)));
    seen.add(tokensKey(tokens));
  }
  assertEquals(unseenTokens(distinct, seen, random), undefined);
});

Deno.test("a mask that leaves nothing is refused by the decision's name", () => {
  const [one, other] = decisionsWith([2, 2]);
  const decisions = [one, { ...other, legal: () => [false, false] }];
  assertThrows(() => randomLegalTokens(decisions, new Random(1)), RangeError, '"decision 1" has no legal choice');
});

Deno.test("where decisions judge single tokens, a change of one asks for no mask but of what is replaced", () => {
  let [masks, judged] = [0, 0];
  const counting = distinct.map((decision): Decision => ({
    ...decision,
    legal: (before) => {
      masks++;
      return decision.legal?.(before) ?? [true, true, true];
    },
    isLegal: (before, token) => {
      judged++;
      return token !== before.at(-1);
    },
  }));
  const replace = () => 0;
  assertEquals(withChoice(counting, [0, 1, 2], { index: 0, choice: 2, replace }), [2, 1, 2]);
  assertEquals([masks, judged], [0, 3]);
  assertEquals(withChoice(counting, [0, 1, 2], { index: 0, choice: 1, replace }), [1, 0, 2]);
  assertEquals([masks, judged], [1, 6]);
  assertEquals(withChoice(counting, [0, 1, 2], { index: 2, choice: 1, replace }), undefined);
  assertEquals([masks, judged], [1, 7]);
});
