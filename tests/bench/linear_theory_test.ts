import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { gradientOf, labelsOf } from "../../bench/linear_theory/descent.ts";
import {
  deepError,
  distanceToProjection,
  drawProblem,
  expectedRisk,
  learnedFromSoftLabels,
  orthogonalDrift,
  riskAfterDescent,
  risksByCount,
  transferRisk,
} from "../../bench/linear_theory/experiments.ts";
import { angle, distance, dot, normalVector, orthonormalBasis, project } from "../../bench/linear_theory/vectors.ts";
import { Random } from "../../src/data/random.ts";

function meanOf(trials: number, trial: (seed: number) => number): number {
  let sum = 0;
  for (let seed = 0; seed < trials; seed++) sum += trial(seed) / trials;
  return sum;
}

Deno.test("the risk is arccos(sqrt(n / d)) / pi", () => {
  for (const [count, expected, simulated] of [[25, 0.3333, 0.3348], [50, 0.25, 0.2504], [75, 0.1667, 0.1663]]) {
    assertAlmostEquals(expectedRisk(100, count), expected, 5e-5);
    const risk = meanOf(60, (seed) => {
      const problem = drawProblem(100, count, seed);
      return transferRisk(learnedFromSoftLabels(problem), problem.teacher);
    });
    assertAlmostEquals(risk, simulated, 0.008);
  }
});

Deno.test("with as many inputs as dimensions soft labels give the teacher itself", () => {
  assertEquals(expectedRisk(100, 100), 0);
  const problem = drawProblem(100, 100, 3);
  const learned = learnedFromSoftLabels(problem);
  assert(distance(learned, problem.teacher) < 1e-12 * Math.sqrt(dot(problem.teacher, problem.teacher)));
  assert(transferRisk(learned, problem.teacher) < 1e-12);
});

Deno.test("gradient descent from zero ends at the teacher's projection on the inputs' span", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const problem = drawProblem(10, 4, seed, { teacherLength: 1 });
    const far = distanceToProjection(problem, { steps: 60_000, learningRate: 0.5 });
    assert(far < 1e-12, `${far} away`);
  }
});

Deno.test("a start's part orthogonal to the inputs stays, as large as it was", () => {
  const options = { steps: 20_000, learningRate: 0.5 };
  for (const size of [0.1, 1]) {
    const problem = drawProblem(10, 4, 1, { teacherLength: 1 });
    assert(orthogonalDrift(problem, options, size) < 1e-12);
  }
  // So a student that does not start at zero ends beside the projection.
  const problem = drawProblem(10, 4, 1, { teacherLength: 1 });
  const orthogonal = problem.teacher.slice();
  const projection = learnedFromSoftLabels(problem);
  const start = orthogonal.map((value, i) => 0.5 * (value - projection[i]));
  const bias = Math.sqrt(dot(start, start));
  assertAlmostEquals(distanceToProjection(problem, options, start), bias, 1e-9);
});

Deno.test("a two-layer student ends the closer to the projection, the smaller it starts", () => {
  for (const [initialScale, expected] of [[1e-1, 0.11], [1e-2, 0.017], [1e-3, 0.0016]]) {
    const error = meanOf(3, (seed) =>
      deepError(drawProblem(10, 4, seed + 20, { teacherLength: 1 }), {
        hidden: 10,
        initialScale,
        seed,
        steps: 20_000,
        learningRate: 0.05,
      }));
    assert(error > expected / 2 && error < 2 * expected, `${error} from a start of ${initialScale}`);
  }
});

Deno.test("the risk never grows with one input more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 0, max: 1e6 }), (dimension, seed) => {
      const risks = risksByCount(drawProblem(dimension, dimension + 3, seed));
      for (const [place, risk] of risks.slice(1).entries()) assert(risk <= risks[place] + 1e-12);
      assert(risks[dimension - 1] < 1e-7);
    }),
    { numRuns: 50 },
  );
});

Deno.test("soft labels teach more than hard ones", () => {
  const options = { steps: 3000, learningRate: 0.5 };
  for (const [count, soft, hard] of [[10, 0.342, 0.373], [20, 0.26, 0.32], [40, 0.148, 0.259]]) {
    const riskOf = (labels: "soft" | "hard") =>
      meanOf(8, (seed) => riskAfterDescent(drawProblem(40, count, seed), labels, options));
    assertAlmostEquals(riskOf("soft"), soft, 0.03);
    assertAlmostEquals(riskOf("hard"), hard, 0.03);
  }
});

Deno.test("the gradient of the cross-entropy is that of finite differences", () => {
  const { teacher, rows } = drawProblem(5, 7, 4);
  const student = normalVector(5, new Random(8));
  for (const kind of ["soft", "hard"] as const) {
    const labels = labelsOf(teacher, rows, kind);
    const lossOf = (student: Float64Array) =>
      rows.reduce((sum, row, i) => {
        const score = dot(student, row);
        return sum + (Math.log1p(Math.exp(score)) - labels[i] * score) / rows.length;
      }, 0);
    for (const [i, exact] of gradientOf(student, rows, labels).entries()) {
      const moved = (by: number) => lossOf(student.map((value, place) => place === i ? value + by : value));
      assertAlmostEquals((moved(1e-5) - moved(-1e-5)) / 2e-5, exact, 1e-8);
    }
  }
});

Deno.test("a projection is the nearest point of the span, projected again the same", () => {
  const random = new Random(6);
  const rows = Array.from({ length: 5 }, () => normalVector(9, random));
  // A row that adds nothing to the span adds no direction.
  const basis = orthonormalBasis([...rows, rows[0].map((value, i) => value + 2 * rows[3][i])]);
  assertEquals(basis.length, 5);
  const vector = normalVector(9, random);
  const projection = project(vector, basis);
  assert(distance(project(projection, basis), projection) < 1e-14);
  const rest = vector.map((value, i) => value - projection[i]);
  for (const row of rows) assertAlmostEquals(dot(rest, row), 0, 1e-12);
  assertAlmostEquals(angle(Float64Array.of(1, 0), Float64Array.of(0, 2)), Math.PI / 2, 1e-15);
  assertEquals(angle(vector, vector), 0);
});
