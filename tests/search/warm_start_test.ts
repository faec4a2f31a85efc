import { assert, assertEquals } from "@std/assert";
import { inheritWeights } from "../../src/models/inherit.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import { nearestParent, sharedParameters } from "../../search/warm_start.ts";
import { space } from "./made_up_trials.ts";

const tokens = space.decisions.map(({ choices }) => choices.length - 1);
const child = space.decode(tokens);
/** One choice away from the child in the last block, and far from it in all blocks. */
const near = space.decode(tokens.with(-5, 0));
const far = space.decode(tokens.map(() => 0));

Deno.test("the share that is foreseen is the share that is inherited", () => {
  for (const parent of [child, near, far]) {
    const given = { architecture: parent, weights: initialiseWeights(parent, 1) };
    assertEquals(sharedParameters(parent, child), inheritWeights(given, child, 2).inherited);
  }
  assertEquals(sharedParameters(child, child), 1);
  assert(sharedParameters(near, child) > sharedParameters(far, child));
});

Deno.test("the nearest parent shares most, the earlier one of equals, and there is none of nothing", () => {
  const candidate = (number: number, architecture: typeof child) => ({ number, architecture });
  const nearest = nearestParent(child, [candidate(3, near), candidate(1, far), candidate(2, near)]);
  assertEquals(nearest?.number, 2);
  assertEquals(nearestParent(child, []), undefined);
});
