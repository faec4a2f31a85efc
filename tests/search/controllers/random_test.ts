import { assert, assertEquals } from "@std/assert";
import { createController } from "../../../search/controllers/table.ts";
import { decisionsWith, maskedDecisions, zeroShare } from "../../contracts/controller_play.ts";

Deno.test("random: the choices of a decision are equally likely", () => {
  const samples = createController("random", { decisions: decisionsWith([4]), seed: 3 }).ask(4000);
  for (let token = 0; token < 4; token++) {
    const count = samples.filter(({ tokens }) => tokens[0] === token).length;
    // Mean 1000 and standard deviation 27; the seed is fixed, so this never flickers.
    assert(Math.abs(count - 1000) < 4 * 27, `${token}: ${count}`);
  }
});

Deno.test("random: so are the legal ones after what came before", () => {
  const samples = createController("random", { decisions: maskedDecisions(), seed: 3 }).ask(4000);
  const second = samples.filter(({ tokens }) => tokens[0] === 1).map(({ tokens }) => tokens[1]);
  assert(Math.abs(second.filter((token) => token === 0).length - second.length / 2) < 2 * Math.sqrt(second.length));
  for (const { tokens } of samples.filter(({ tokens }) => tokens[0] === 0)) assertEquals(tokens[1], 1);
});

Deno.test("random: rewards change nothing", () => {
  const [told, untold] = [1, 1].map((seed) =>
    createController("random", { decisions: decisionsWith([2, 3, 4]), seed })
  );
  told.tell(told.ask(10).map((sample) => ({ sample, reward: zeroShare(sample) })));
  untold.ask(10);
  assertEquals(told.ask(10), untold.ask(10));
});

Deno.test("random: continues from a snapshot without figures, as it stored them once", () => {
  const [one, other] = [1, 2].map((seed) => createController("random", { decisions: decisionsWith([2, 3, 4]), seed }));
  one.ask(3);
  const { statistics: _, ...snapshot } = one.snapshot();
  other.restore(snapshot);
  assertEquals(other.ask(5), one.ask(5));
  assertEquals(other.statistics(), {});
});
