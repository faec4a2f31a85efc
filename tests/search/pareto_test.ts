import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type AccuracyLatency, hypervolume, paretoFront } from "../../search/pareto.ts";

const point = (accuracy: number, latencyMs: number) => ({ accuracy, latencyMs });

// Few distinct values, so that ties of one or both values are common.
const points = fc.array(
  fc.record({ accuracy: fc.integer({ min: 0, max: 8 }), latencyMs: fc.integer({ min: 1, max: 8 }) }, {
    noNullPrototype: true,
  }),
  { maxLength: 30 },
);
const reference = point(0, 10);

function beats(a: AccuracyLatency, b: AccuracyLatency): boolean {
  const noWorse = a.accuracy >= b.accuracy && a.latencyMs <= b.latencyMs;
  return noWorse && (a.accuracy > b.accuracy || a.latencyMs < b.latencyMs);
}

Deno.test("the front of a small example holds its unbeaten points, by latency", () => {
  const [fast, middle, slow] = [point(0.6, 1), point(0.8, 2), point(0.9, 5)];
  assertEquals(paretoFront([slow, point(0.7, 3), fast, point(0.8, 4), middle]), [fast, middle, slow]);
});

Deno.test("the front of nothing is empty, that of one point is the point", () => {
  assertEquals(paretoFront([]), []);
  assertEquals(paretoFront([point(0.5, 3)]), [point(0.5, 3)]);
});

Deno.test("at equal latency the more accurate stays, at equal accuracy the faster", () => {
  assertEquals(paretoFront([point(0.5, 2), point(0.7, 2)]), [point(0.7, 2)]);
  assertEquals(paretoFront([point(0.5, 3), point(0.5, 2)]), [point(0.5, 2)]);
});

Deno.test("of equal points the first given stays, with all its fields", () => {
  const first = { ...point(0.5, 2), trial: 1 };
  const front = paretoFront([first, { ...point(0.5, 2), trial: 2 }]);
  assertEquals(front, [first]);
  assert(front[0] === first);
});

Deno.test("the given points are left as they were", () => {
  const given = [point(0.9, 5), point(0.6, 1)];
  paretoFront(given);
  assertEquals(given, [point(0.9, 5), point(0.6, 1)]);
});

Deno.test("no point of the front is beaten, and every other point is beaten or equalled by one of it", () => {
  fc.assert(fc.property(points, (all) => {
    const front = paretoFront(all);
    for (const member of front) assert(!all.some((other) => beats(other, member)));
    for (const other of all) {
      assert(front.some((member) => member === other || beats(member, other) || equal(member, other)));
    }
    for (let i = 1; i < front.length; i++) {
      assert(front[i].latencyMs > front[i - 1].latencyMs && front[i].accuracy > front[i - 1].accuracy);
    }
  }));
});

Deno.test("the front does not depend on the order of the points", () => {
  fc.assert(fc.property(points, (all) => assertEquals(paretoFront([...all].reverse()), paretoFront(all))));
});

Deno.test("the hypervolume of hand-computed examples", () => {
  assertEquals(hypervolume([], reference), 0);
  assertEquals(hypervolume([point(4, 8)], reference), 8);
  // 2 * (10 - 1) + (5 - 2) * (10 - 4): the strips of the two points, one above the other.
  assertEquals(hypervolume([point(2, 1), point(5, 4)], reference), 36);
  assertAlmostEquals(hypervolume([point(0.9, 5), point(0.6, 2)], point(0.5, 10)), 0.1 * 8 + 0.3 * 5, 1e-12);
});

Deno.test("points beyond the reference cover nothing", () => {
  assertEquals(hypervolume([point(5, 10), point(5, 12), point(0, 1)], reference), 0);
  assertEquals(hypervolume([point(0, 1), point(4, 8)], reference), 8);
});

Deno.test("the hypervolume equals a count of the covered unit cells", () => {
  fc.assert(fc.property(points, (all) => {
    let cells = 0;
    for (let accuracy = 0; accuracy < 8; accuracy++) {
      for (let latencyMs = 1; latencyMs < 10; latencyMs++) {
        if (all.some((other) => other.accuracy > accuracy && other.latencyMs <= latencyMs)) cells++;
      }
    }
    assertEquals(hypervolume(all, reference), cells);
  }));
});

Deno.test("values that are not finite are refused", () => {
  assertThrows(() => paretoFront([point(NaN, 1)]), RangeError, "accuracy NaN");
  assertThrows(() => paretoFront([point(0.5, Infinity)]), RangeError, "latency Infinity ms");
  assertThrows(() => hypervolume([], point(0, NaN)), RangeError, "latency NaN ms");
});

function equal(a: AccuracyLatency, b: AccuracyLatency): boolean {
  return a.accuracy === b.accuracy && a.latencyMs === b.latencyMs;
}
