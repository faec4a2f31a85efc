import { assert, assertEquals } from "@std/assert";
import { ChoiceLayout } from "../../../../search/controllers/regressor/pair_table.ts";
import { fittingPriors, isFailed, rewardBeliefs } from "../../../../search/controllers/regressor/reward_beliefs.ts";
import { Random } from "../../../../src/data/random.ts";

const layout = new ChoiceLayout([3, 3, 3, 3]);

/** Sums of tokens, beyond a limit of which all fail with reward 0. */
function observations(limit: number) {
  const random = new Random(1);
  return Array.from({ length: 40 }, () => {
    const tokens = Array.from({ length: 4 }, () => random.integer(3));
    const sum = tokens.reduce((total, token) => total + token, 0);
    return { tokens, reward: sum > limit ? 0 : 0.5 + 0.05 * sum };
  });
}

Deno.test("beliefs: what failed has reward 0, and no other has, be it the least and however often", () => {
  const failed = (...rewards: number[]) => rewards.map((reward) => isFailed({ reward }));
  assertEquals(failed(0.3, 0, 0.1, 0.1, -1), [false, true, false, false, false]);
  const tied = observations(8).map(({ tokens, reward }) => ({ tokens, reward: Math.max(0.6, reward) }));
  assertEquals(rewardBeliefs(layout, tied, fittingPriors(tied))?.draw(new Random(1), 1).feasibility, undefined);
  const single = [...tied, { tokens: [2, 2, 2, 2], reward: 0 }];
  assert(rewardBeliefs(layout, single, fittingPriors(single))?.draw(new Random(1), 1).feasibility);
});

Deno.test("beliefs: a cliff is learned as such, and does not bend what is believed of the feasible", () => {
  const some = observations(5);
  const belief = rewardBeliefs(layout, some, fittingPriors(some))?.draw(new Random(2), 0);
  assert(belief?.feasibility);
  assert(belief.feasibility.score([2, 2, 2, 2]) < 0);
  assert(belief.feasibility.score([0, 1, 1, 0]) > 0.5);
  // More is better also where the model has seen nothing but failures.
  assert(belief.worth.score([2, 2, 2, 2]) > belief.worth.score([1, 1, 1, 1]));
  assert(belief.worth.score([1, 1, 1, 1]) > belief.worth.score([0, 1, 1, 0]));
});

Deno.test("beliefs: without failures there is nothing to avoid, with nothing else there is nothing to believe", () => {
  const fine = observations(8);
  assertEquals(rewardBeliefs(layout, fine, fittingPriors(fine))?.draw(new Random(1), 1).feasibility, undefined);
  const failed = observations(-1);
  assertEquals(rewardBeliefs(layout, failed, fittingPriors(failed)), undefined);
});
