import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { frontOverTime, worstCorner } from "../../search/front_over_time.ts";
import { hypervolume, paretoFront } from "../../search/pareto.ts";
import { madeUpTrial } from "./made_up_trials.ts";

Deno.test("the front and what it covers grow trial by trial, and stay where nothing was completed", () => {
  const trials = [
    madeUpTrial(1, 0.5, 4),
    madeUpTrial(2, 0.9, 3, { state: "failed", accuracy: undefined }),
    madeUpTrial(3, 0.6, 2),
    madeUpTrial(4, 0.3, 1),
    madeUpTrial(5, 0.2, 3, { state: "pending" }),
    madeUpTrial(1, 0.99, 0.1, { role: "baseline" }),
  ];
  const reference = { accuracy: 0.1, latencyMs: 5 };
  const known = frontOverTime(trials, reference);
  assertEquals(known.map(({ front, trial }) => [trial, front]), [[1, [1]], [2, [1]], [3, [3]], [4, [4, 3]]]);
  const areas = [0.4, 0.4, 1.5, 1.7];
  for (const [index, area] of areas.entries()) assertAlmostEquals(known[index].hypervolume, area, 1e-12);
  assertEquals(worstCorner(trials), { accuracy: 0, latencyMs: 4 });
});

Deno.test("a run without a completed trial has no front, and one without a trial has no time", () => {
  const failed = madeUpTrial(1, 0.5, 1, { state: "failed", accuracy: undefined });
  assertEquals(frontOverTime([failed]), [{ trial: 1, front: [], hypervolume: 0 }]);
  assertEquals(frontOverTime([]), []);
});

Deno.test("what is covered never shrinks, and ends at the front of all", () => {
  const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(fc.property(points, (all) => {
    const trials = all.map(([accuracy, latencyMs], index) => madeUpTrial(index + 1, accuracy / 10, latencyMs));
    const reference = { accuracy: 0, latencyMs: 10 };
    const areas = frontOverTime(trials, reference).map((one) => one.hypervolume);
    for (const [index, area] of areas.entries()) if (index > 0) assertEquals(area >= areas[index - 1], true);
    const points = trials.map(({ accuracy = 0, latencyMs = 0, number }) => ({ accuracy, latencyMs, number }));
    assertEquals(areas.at(-1), hypervolume(points, reference));
    assertEquals(frontOverTime(trials).at(-1)?.front, paretoFront(points).map(({ number }) => number));
  }));
});
