import { assert, assertEquals, assertThrows } from "@std/assert";
import { bench, type ControllersRow } from "../../bench/controllers.ts";
import { coupledLandscape, latencyLandscape, separableLandscape } from "../../bench/landscapes.ts";
import { Random } from "../../src/data/random.ts";

Deno.test("every landscape has rewards from 0 to 1, the same for the same tokens and seed", () => {
  for (const create of [separableLandscape, coupledLandscape, latencyLandscape]) {
    const [landscape, again, other] = [create(1), create(1), create(2)];
    const random = new Random(3);
    assertEquals(landscape.decisions.length, 42);
    let differs = false;
    for (let draw = 0; draw < 50; draw++) {
      const tokens = landscape.decisions.map(({ choices }) => random.integer(choices.length));
      const reward = landscape.reward(tokens);
      assert(reward >= 0 && reward <= 1);
      assertEquals(again.reward(tokens), reward);
      differs ||= other.reward(tokens) !== reward;
    }
    assert(differs);
  }
});

Deno.test("the separable landscape gives 1 to the best tokens and 0 to the worst", () => {
  const { decisions, reward } = separableLandscape(4);
  const tokens = decisions.map(() => 0);
  const extreme = (better: (a: number, b: number) => boolean) =>
    tokens.map((_, index) => {
      const rewards = [0, 1, 2, 3].map((token) => reward(tokens.with(index, token)));
      return rewards.findIndex((value) => rewards.every((other) => value === other || better(value, other)));
    });
  assert(Math.abs(reward(extreme((a, b) => a > b)) - 1) < 1e-12);
  assert(Math.abs(reward(extreme((a, b) => a < b))) < 1e-12);
});

Deno.test("the benchmark has a row per landscape and controller, with ordered quartiles", async () => {
  const { rows } = await bench.run(bench.options.parse({ seeds: 2, samples: 10 })) as { rows: ControllersRow[] };
  assertEquals(
    rows.map(({ landscape, controller }) => `${landscape} ${controller}`),
    ["separable", "coupled", "latency"].flatMap((name) => [`${name} ppo`, `${name} random`]),
  );
  for (const { samples, lowerQuartile, median, upperQuartile } of rows) {
    assertEquals(samples, 10);
    assert(lowerQuartile <= median && median <= upperQuartile);
  }
});

Deno.test("a number of seeds that is not positive is refused", () => {
  assertThrows(() => bench.options.parse({ seeds: 0 }));
});
