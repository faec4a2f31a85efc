import { assertEquals } from "@std/assert";
import type { Claim } from "../../../bench/claims/claim.ts";
import { BudgetSpentError } from "../../../bench/claims/lab.ts";
import { runBlocks } from "../../../bench/claims/run_blocks.ts";
import { createFakeLab } from "./fake_lab.ts";

function claim(name: string, block: (seed: number) => Promise<unknown>): Claim {
  return { name, ids: [], summary: name, block: ({ seed }) => block(seed), judge: () => ({ findings: [] }) };
}

const context = {
  trials: 2,
  referenceMs: 1,
  targetMs: () => 1,
  dataset: "fashion-mnist",
  searches: new Map(),
  log: () => {},
} as const;

Deno.test("blocks begin claim by claim in the order of the table, in each seed by seed", async () => {
  using lab = createFakeLab();
  const begun: string[] = [];
  const of = (name: string) =>
    claim(name, (seed) => {
      begun.push(`${name}${seed}`);
      return Promise.resolve(`${name}${seed}`);
    });
  const measured = await runBlocks([of("a"), of("b")], { ...context, lab, seeds: 2 });
  assertEquals(begun, ["a1", "a2", "b1", "b2"]);
  assertEquals(measured.map(({ blocks }) => blocks), [["a1", "a2"], ["b1", "b2"]]);
});

Deno.test("a seed that the budget broke off counts for no arm, and neither do those after it", async () => {
  using lab = createFakeLab();
  const half = claim("half", (seed) => seed === 2 ? Promise.reject(new BudgetSpentError()) : Promise.resolve(seed));
  const whole = claim("whole", (seed) => Promise.resolve(seed));
  const measured = await runBlocks([half, whole], { ...context, lab, seeds: 3 });
  assertEquals(measured.map(({ blocks }) => blocks), [[1], [1, 2, 3]]);
});

Deno.test("any other failure ends its claim, with the reason, and no other", async () => {
  using lab = createFakeLab();
  const broken = claim("broken", (seed) => seed === 2 ? Promise.reject(new Error("no disk")) : Promise.resolve(seed));
  const whole = claim("whole", (seed) => Promise.resolve(seed));
  const measured = await runBlocks([broken, whole], { ...context, lab, seeds: 3 });
  assertEquals(measured.map(({ blocks, failure }) => [blocks, failure]), [[[1], "seed 2: no disk"], [
    [1, 2, 3],
    undefined,
  ]]);
});
