import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseHTML } from "linkedom";
import { bench, type ControllersResult } from "../../bench/controllers.ts";
import { bestRewards } from "../../bench/controllers/best_rewards.ts";
import { figureOf } from "../../bench/controllers/figure.ts";
import { runJob } from "../../bench/controllers/job.ts";
import {
  type DifferenceRow,
  differenceRows,
  meanRows,
  type Outcome,
  requirementRows,
} from "../../bench/controllers/summary.ts";
import {
  deceptiveLandscape,
  type LandscapeName,
  landscapes,
  maskedLandscape,
  noisyLandscape,
  separableLandscape,
} from "../../bench/landscapes.ts";
import type { Controller } from "../../search/controller.ts";
import { randomLegalTokens } from "../../search/controllers/legal_tokens.ts";
import { createController } from "../../search/controllers/table.ts";
import { Random } from "../../src/data/random.ts";

const sizes: Readonly<Record<LandscapeName, number>> = {
  separable: 42,
  coupled: 42,
  latency: 42,
  noisy: 42,
  deceptive: 24,
  small: 6,
  masked: 42,
};

Deno.test("every landscape has rewards from 0 to 1, the same for the same tokens and seed", () => {
  for (const [name, create] of Object.entries(landscapes)) {
    const [landscape, again, other] = [create(1), create(1), create(2)];
    const random = new Random(3);
    assertEquals(landscape.decisions.length, sizes[name as LandscapeName]);
    let differs = false;
    for (let draw = 0; draw < 50; draw++) {
      const tokens = randomLegalTokens(landscape.decisions, random);
      const reward = landscape.reward(tokens);
      assert(reward >= 0 && reward <= 1);
      assertEquals(again.reward(tokens), reward);
      differs ||= other.reward(tokens) !== reward;
    }
    assert(differs, name);
  }
});

Deno.test("a landscape tells a controller of its own seed nothing", () => {
  // Drawn from the same numbers, the first random proposal would be made of the tokens that the traps were made of.
  for (let seed = 0; seed < 20; seed++) {
    const { decisions, reward } = deceptiveLandscape(seed);
    const [{ tokens }] = createController("random", { decisions, seed }).ask(1);
    assert(reward(tokens) < 0.6);
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

Deno.test("in a trap every step of a climb ends at the decoy, and all three tokens together at the best", () => {
  const { decisions, reward } = deceptiveLandscape(2);
  const tokens = decisions.map(() => 0);
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < tokens.length; index++) {
      const rewards = [0, 1, 2, 3].map((token) => reward(tokens.with(index, token)));
      tokens[index] = rewards.indexOf(Math.max(...rewards));
    }
  }
  // A trap's best triple may be met by chance, within one of its 64.
  assert(reward(tokens) >= 0.8 - 1e-12 && reward(tokens) < 0.9, `${reward(tokens)}`);
  // By all triples of the first trap, the rest as it is: 1 of 64 is better than the decoy.
  const better = Array.from({ length: 64 }, (_, code) => [code >> 4, (code >> 2) & 3, code & 3])
    .filter((triple) => reward([...triple, ...tokens.slice(3)]) > reward(tokens) + 1e-9);
  assertEquals(better.length, 1);
});

Deno.test("the noisy landscape is observed with another noise at every evaluation, of the deviation it says", () => {
  const { decisions, observe, reward } = noisyLandscape(1);
  assert(observe);
  const tokens = decisions.map(() => 1);
  assertEquals(observe(tokens, 7), observe(tokens, 7));
  const errors = Array.from({ length: 2000 }, (_, evaluation) => observe(tokens, evaluation) - reward(tokens));
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);
  assert(Math.abs(mean) < 0.006 && Math.abs(deviation - 0.06) < 0.005, `${mean} ${deviation}`);
});

Deno.test("the masked landscape has illegal choices after others, and some three of ten random ones are infeasible", () => {
  const { decisions, reward } = maskedLandscape(1);
  assertEquals(decisions.filter(({ legal }) => legal).length, 21);
  assertEquals(decisions[2].legal?.([0, 0]), [true, false]);
  assertEquals(decisions[2].legal?.([2, 0]), [true, true]);
  const random = new Random(1);
  const infeasible = Array.from({ length: 1000 }, () => reward(randomLegalTokens(decisions, random)))
    .filter((value) => value === 0).length;
  assert(infeasible > 100 && infeasible < 600, `${infeasible}`);
});

Deno.test("the best reward is the true one of the proposal that was observed to be the best", () => {
  const controller: Controller = {
    ...createController("random", { decisions: separableLandscape(1).decisions, seed: 1 }),
    name: "fixed",
    ask: (count) => Array.from({ length: count }, () => ({ id: asked, tokens: [asked++ % 4] })),
    tell: (results) => told.push(...results.map(({ reward }) => reward)),
  };
  let asked = 0;
  const told: (number | null)[] = [];
  const landscape = {
    decisions: [],
    reward: ([token]: readonly number[]) => token / 10,
    observe: ([token]: readonly number[], evaluation: number) => (evaluation === 1 ? 5 : 0) + token / 10,
  };
  assertEquals(bestRewards(controller, landscape, [1, 2, 8]), [0, 0.1, 0.1]);
  assertEquals(told, [0, 5.1, 0.2, 0.3, 0, 0.1, 0.2, 0.3]);
});

Deno.test("a job's numbers do not depend on which others it is asked for", () => {
  const job = { landscape: "small", controller: "evolution", seed: 3 } as const;
  const [few, some, many] = [24, 50, 200].map((count) => runJob({ ...job, samples: [count] })[0]);
  assertEquals(runJob({ ...job, samples: [24, 50, 160, 200] }).toSpliced(2, 1), [few, some, many]);
});

/** Two controllers on one landscape, by seed. */
function outcomes(ours: readonly number[], theirs: readonly number[]): Outcome[] {
  const outcome = (controller: "ppo" | "random") => (best: number, seed: number): Outcome => {
    return { landscape: "small", controller, seed, samples: [200], bests: [best] };
  };
  return [...ours.map(outcome("ppo")), ...theirs.map(outcome("random"))];
}

Deno.test("differences are paired by seed, and their interval gives the verdict", () => {
  // Far apart between seeds, always 0.1 to 0.3 better: an unpaired interval would not see it.
  const [row] = differenceRows(outcomes([1.1, 2.2, 3.3], [1, 2, 3]));
  assertEquals([row.controller, row.than, row.mean, row.verdict], ["ppo", "random", 0.2, "open"]);
  // t(0.975, 2 degrees) = 4.3027, standard error 0.1 / sqrt(3)
  assertEquals([row.low, row.high], [-0.0484, 0.4484]);
  assertEquals(differenceRows(outcomes([1.1, 2.2, 3.2, 4.1], [1, 2, 3, 4]))[0].verdict, "better");
  assertEquals(differenceRows(outcomes([1, 2, 3, 4], [1.1, 2.2, 3.2, 4.1]))[0].verdict, "worse");
  assertEquals(meanRows(outcomes([1, 2], [0, 0])).map(({ controller, mean, seeds }) => [controller, mean, seeds]), [
    ["ppo", 1.5, 2],
    ["random", 0, 2],
  ]);
});

Deno.test("the benchmark compares every controller with random, and the same seeds give the same again", async () => {
  const options = bench.options.parse({
    seeds: 2,
    samples: [10, 20],
    controller: ["ppo"],
    landscape: ["small", "masked"],
  });
  const { machine, ...first } = await bench.run(options) as ControllersResult;
  const { summary, differences, means } = first;
  assertEquals(means.length, 2 * 2 * 2);
  assertEquals(differences.length, 2 * 2);
  assertEquals(summary, differences.filter(({ samples }) => samples === 20));
  for (const { mean, low, high } of means) assert(low !== null && high !== null && low <= mean && mean <= high);
  assertEquals(first.requirements, []);
  assertEquals(await bench.run({ ...options, workers: 1 }), { ...first, machine });
});

Deno.test("every number of samples has all seeds, 50 where not told", async () => {
  const options = bench.options.parse({ seeds: 3, samples: [20, 500], controller: ["random"], landscape: ["small"] });
  const { means } = await bench.run(options) as ControllersResult;
  assertEquals(means.map(({ samples, seeds }) => [samples, seeds]), [[20, 3], [500, 3]]);
  assertEquals(bench.options.parse({}).seeds, 50);
});

Deno.test("a requirement is met where the controller is better on every landscape; the least such is told", () => {
  const row = (landscape: LandscapeName, low: number | null, samples = 200): DifferenceRow => ({
    landscape,
    samples,
    controller: "ppo",
    than: "random",
    seeds: 5,
    mean: 0.2,
    low,
    high: 0.5,
    verdict: low !== null && low > 0 ? "better" : "open",
  });
  const rows = [row("small", 0.1), row("noisy", 0.05), row("masked", -0.1, 100)];
  const requirement = "ppo better than random at 200 samples on every landscape";
  const interval = { mean: 0.2, high: 0.5 };
  assertEquals(requirementRows(rows, 200), [
    { requirement, met: "yes", landscapes: "2 of 2", least: "noisy", low: 0.05, ...interval },
  ]);
  assertEquals(requirementRows([...rows, row("masked", -0.1)], 200), [
    { requirement, met: "no", landscapes: "2 of 3", least: "masked", low: -0.1, ...interval },
  ]);
  // One seed has no interval, and shows nothing.
  assertEquals(requirementRows([row("small", null)], 200)[0].met, "no");
  assertEquals(requirementRows(rows, 50), []);
});

Deno.test("the figure has a panel per landscape and a line per controller, and is well-formed", () => {
  const means = meanRows([
    { landscape: "small", controller: "ppo", seed: 0, samples: [24, 200], bests: [0.5, 0.7] },
    { landscape: "small", controller: "ppo", seed: 1, samples: [24, 200], bests: [0.6, 0.7] },
    { landscape: "noisy", controller: "random", seed: 0, samples: [24, 200], bests: [0.4, 0.5] },
  ]);
  const { document } = parseHTML(figureOf(means));
  const text = [...document.querySelectorAll("text")].map(({ textContent }) => textContent).join(" ");
  for (const word of ["small", "noisy", "ppo", "random", "200"]) assert(text.includes(word), word);
  assert(!text.includes("evolution"));
  assert(!figureOf(means).includes("NaN"));
  assertThrows(() => figureOf([]), RangeError, "one row or more");
});

Deno.test("a number of seeds that is not positive is refused", () => {
  assertThrows(() => bench.options.parse({ seeds: 0 }));
});
