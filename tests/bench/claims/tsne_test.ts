import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { affinities, divergence, gradient, tsne } from "../../../bench/claims/tsne.ts";
import { Random } from "../../../src/data/random.ts";

function clusters(random: Random): number[][] {
  return Array.from(
    { length: 60 },
    (_, index) => Array.from({ length: 5 }, (_, axis) => (index % 3 === axis ? 8 : 0) + random.normal()),
  );
}

Deno.test("affinities are symmetric, sum up to one, and give every row the neighbours asked for", () => {
  const rows = clusters(new Random(1));
  const all = affinities(rows, 10);
  const count = rows.length;
  assertAlmostEquals(all.reduce((sum, value) => sum + value, 0), 1, 1e-9);
  assertEquals(all[1 * count + 7], all[7 * count + 1]);
  assertEquals(all[5 * count + 5], 0);
  // Of one's own cluster, nearly all of it.
  let same = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) if (a % 3 === b % 3) same += all[a * count + b];
  }
  assert(same > 0.95, `${same} within clusters`);
  assertThrows(() => affinities(rows, 59), RangeError, "below 59");
});

Deno.test("three corners of a triangle of equal sides have equal affinities", () => {
  const all = affinities([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]].slice(0, 4), 2.5);
  assertAlmostEquals(all[1], all[2], 1e-12);
  assertAlmostEquals(all[1], all[6], 1e-12);
});

Deno.test("the gradient is that of the divergence, by finite differences", () => {
  const random = new Random(2);
  const wanted = affinities(clusters(random).slice(0, 12), 4);
  const points = Float64Array.from({ length: 24 }, () => random.normal());
  const slope = gradient(wanted, points);
  for (const index of [0, 5, 11, 23]) {
    const moved = (by: number) => divergence(wanted, points.map((value, i) => value + (i === index ? by : 0)));
    assertAlmostEquals(slope[index], (moved(1e-5) - moved(-1e-5)) / 2e-5, 1e-6);
  }
});

Deno.test("clusters stay together in the plane, and equal rows give equal pictures", () => {
  const rows = clusters(new Random(3));
  const points = tsne(rows, { perplexity: 10, steps: 600 });
  assert(points);
  const nearestIsKin = points.map((point, a) => {
    const distances = points.map((other, b) => a === b ? Infinity : Math.hypot(point.x - other.x, point.y - other.y));
    return distances.indexOf(Math.min(...distances)) % 3 === a % 3;
  });
  assertEquals(nearestIsKin.filter(Boolean).length, rows.length);
  assertEquals(tsne(rows, { perplexity: 10, steps: 600 }), points);
  assertEquals(tsne(rows.map(() => [1, 2])), null);
});
