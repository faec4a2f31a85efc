import { assert, assertEquals } from "@std/assert";
import { createController } from "../../search/controllers/table.ts";
import { createSpace } from "../../src/spaces/table.ts";
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

Deno.test("so it is of a network that was grown from its parent", () => {
  const growing = createSpace("growth", { height: 28, width: 28, channels: 1, classes: 10, layers: 3 });
  const backbone = growing.reference(1);
  const controller = createController("random", { decisions: growing.decisions, seed: 1 });
  for (const { tokens } of controller.ask(20)) {
    const grown = growing.decode(tokens);
    const given = { architecture: backbone, weights: initialiseWeights(backbone, 1) };
    assertEquals(sharedParameters(backbone, grown), inheritWeights(given, grown, 2).inherited);
  }
});

Deno.test("the nearest parent shares most, the earlier one of equals, and there is none of nothing", () => {
  const candidate = (number: number, architecture: typeof child) => ({ number, architecture });
  const nearest = nearestParent(child, [candidate(3, near), candidate(1, far), candidate(2, near)]);
  assertEquals(nearest?.number, 2);
  assertEquals(nearestParent(child, []), undefined);
});
