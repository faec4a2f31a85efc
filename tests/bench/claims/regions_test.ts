import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { latePoints, movedByTeacher, pairDistances, regionOf, separation } from "../../../bench/claims/regions.ts";
import { Random } from "../../../src/data/random.ts";

const choices = [3, 3, 3, 3];

/** Runs that draw their late tokens around `favourite`. */
function run(random: Random, favourite: number) {
  const students = Array.from({ length: 30 }, () => ({
    tokens: choices.map((count) => random.next() < 0.7 ? favourite : random.integer(count)),
  }));
  return regionOf(latePoints(students, choices));
}

Deno.test("late points are the last third, as one-hots", () => {
  const students = Array.from({ length: 9 }, (_, index) => ({ tokens: [index < 6 ? 0 : 1] }));
  assertEquals(latePoints(students, [2]), [[0, 1], [0, 1], [0, 1]]);
});

Deno.test("a region has a centre and the mean distance from it", () => {
  assertEquals(regionOf([[0, 0], [2, 0]]), { centre: [1, 0], spread: 1 });
});

Deno.test("pairs of two groups and pairs of one group are told apart", () => {
  const regions = [[0], [1], [10]].map((centre) => ({ centre, spread: 1 }));
  assertEquals(pairDistances([{ regions }], [[true, true, false]]), { between: 9.5, within: 1 });
});

Deno.test("an agent moves by its teacher as far as it ends from itself, less what the other agents are away", () => {
  const at = (place: number) => ({ centre: [place], spread: 2 });
  // Agent 0 moved by 4 while the others are 1 and 3 away; agent 1 did not move, the others are 1 and 2 away.
  assertEquals(movedByTeacher([at(0), at(1), at(3)], [at(4), at(1), at(0)]), [
    (4 - 2) / 2,
    (0 - 1.5) / 2,
    (3 - 2.5) / 2,
  ]);
});

Deno.test("groups that prefer other choices are separated, groups that do not are not", () => {
  const random = new Random(4);
  const strata = (other: number) =>
    [0, 1].map(() => ({
      regions: [0, 0, 0, other, other, other].map((favourite) => run(random, favourite)),
      first: [true, true, true, false, false, false],
    }));
  const apart = separation(strata(1), random);
  assert(apart.ratio > 1.5, `ratio ${apart.ratio}`);
  // Each labelling counts twice, as its mirror image does: 4 of 400.
  assertAlmostEquals(apart.test.probability, 4 / 400, 1e-12);
  const together = separation(strata(0), random);
  assert(together.ratio < 1.2, `ratio ${together.ratio}`);
  assert(together.test.probability > 0.05);
});
