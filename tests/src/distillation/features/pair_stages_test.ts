import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { beforeActivation, type PairOptions, pairStages } from "../../../../src/distillation/features/pair_stages.ts";
import { madeTaps } from "../loss_checks.ts";

/** Names of the pairs of networks with square stages of these sizes. */
function pairsOfSizes(student: number[], teacher: number[], options?: PairOptions): string[] {
  const stages = (sizes: number[]) => madeTaps(sizes.map((size) => [size, size, 4])).stages;
  return pairStages(stages(student), stages(teacher), options).map((pair) =>
    `${pair.student.name.slice(5)}-${pair.teacher.name.slice(5)}`
  );
}

Deno.test("stages of one size meet, of several the last, and what is left meets in order", () => {
  assertEquals(pairsOfSizes([14, 14, 7, 7, 4, 4, 4], [14, 7, 4]), ["2-1", "4-2", "7-3"]);
  assertEquals(pairsOfSizes([7, 7, 7, 4, 4, 4, 4], [14, 7, 4]), ["2-1", "3-2", "7-3"]);
  assertEquals(pairsOfSizes([8, 4, 2], [8, 4, 2]), ["1-1", "2-2", "3-3"]);
  assertEquals(pairsOfSizes([16, 4], [32, 16, 8, 4, 2]), ["1-2", "2-4"]);
  assertEquals(pairsOfSizes([1], [32, 16]), ["1-2"]);
});

Deno.test("pairs have the smaller size in each direction", () => {
  const [{ size }] = pairStages(madeTaps([[3, 8, 2]]).stages, madeTaps([[6, 4, 5]]).stages);
  assertEquals(size, [3, 4]);
});

Deno.test("stages that are too small, or too few, are refused by name", () => {
  assertEquals(pairsOfSizes([4, 2, 1], [4, 2, 1], { leastPixels: 2 }), ["1-1", "2-2"]);
  assertThrows(
    () => pairsOfSizes([1, 1], [4], { leastPixels: 2 }),
    RangeError,
    "the student must have a stage of at least 2 pixels to compare, but has stage1 1x1x4, stage2 1x1x4",
  );
  assertThrows(() => pairsOfSizes([4, 2], []), RangeError, "the teacher must have a stage to compare, but has none");
  assertThrows(
    () => pairsOfSizes([4, 2], [4], { leastPairs: 2 }),
    RangeError,
    "the teacher must have at least 2 stages",
  );
});

Deno.test("a gated stage end is taken as it is", () => {
  assertEquals(madeTaps([[2, 2, 2]]).stages.map(beforeActivation), ["stage1:before"]);
  assertEquals(madeTaps([[2, 2, 2]], { before: false }).stages.map(beforeActivation), ["stage1"]);
});

Deno.test("pairs keep both orders and no other matching is nearer", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 32 }), { minLength: 1, maxLength: 5 });
  const distance = (a: number, b: number) => Math.abs(Math.log2(a / b));
  const best = (few: number[], many: number[]): number =>
    few.length === 0 ? 0 : Math.min(
      Infinity,
      ...many.map((size, index) => distance(few[0], size) + best(few.slice(1), many.slice(index + 1))),
    );
  fc.assert(fc.property(sizes, sizes, (student, teacher) => {
    const pairs = pairsOfSizes(student, teacher).map((pair) => pair.split("-").map((number) => Number(number) - 1));
    assertEquals(pairs.length, Math.min(student.length, teacher.length));
    assert(pairs.every(([i, j], index) => index === 0 || (i > pairs[index - 1][0] && j > pairs[index - 1][1])));
    const cost = pairs.reduce((sum, [i, j]) => sum + distance(student[i], teacher[j]), 0);
    const [few, many] = student.length < teacher.length ? [student, teacher] : [teacher, student];
    assert(cost <= best(few, many) + 1e-9, `${cost}, ${best(few, many)}`);
  }));
});
