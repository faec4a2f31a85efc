// The experiments of the linear theory of distillation, each for one drawn problem: a teacher and inputs of independent
// standard normal numbers, where the share of inputs on which two classifiers differ is exactly their angle over pi.
import { hashSeed, Random } from "../../src/data/random.ts";
import { type DeepLinear, descend, descendDeep, type DescentOptions, labelsOf, productOf } from "./descent.ts";
import { addScaled, angle, distance, dot, normalVector, orthonormalBasis, project } from "./vectors.ts";

export interface LinearProblem {
  teacher: Float64Array;
  /** The inputs that the student learns from. */
  rows: Float64Array[];
}

/**
 * `count` inputs of `dimension` numbers, and a teacher for them. `teacherLength`: of its weights, in place of a drawn
 * one; a teacher of length 1 is unsure of most inputs, so that descent gets to its end.
 */
export function drawProblem(
  dimension: number,
  count: number,
  seed: number,
  options: { teacherLength?: number } = {},
): LinearProblem {
  const random = new Random(hashSeed("linear theory", seed));
  const drawn = normalVector(dimension, random);
  const factor = options.teacherLength === undefined ? 1 : options.teacherLength / Math.sqrt(dot(drawn, drawn));
  return {
    teacher: drawn.map((value) => factor * value),
    rows: Array.from({ length: count }, () => normalVector(dimension, random)),
  };
}

/** Share of all inputs that student and teacher judge differently. */
export function transferRisk(student: Float64Array, teacher: Float64Array): number {
  return angle(student, teacher) / Math.PI;
}

/** What the risk of `count` inputs comes to as the dimension grows: arccos(sqrt(n / d)) / pi, 0 from n = d on. */
export function expectedRisk(dimension: number, count: number): number {
  return Math.acos(Math.sqrt(Math.min(1, count / dimension))) / Math.PI;
}

/** What soft labels teach by theorem 1: the teacher itself from n = d on, else its projection on the inputs' span. */
export function learnedFromSoftLabels({ teacher, rows }: LinearProblem): Float64Array {
  return project(teacher, orthonormalBasis(rows));
}

/** Risk of what is learned from the first 1, 2, ... inputs. */
export function risksByCount({ teacher, rows }: LinearProblem): number[] {
  const basis = orthonormalBasis(rows);
  return rows.map((_, index) => transferRisk(project(teacher, basis.slice(0, index + 1)), teacher));
}

/** Distance of gradient descent's end from the projection, from zero, or from `start`. */
export function distanceToProjection(problem: LinearProblem, options: DescentOptions, start?: Float64Array): number {
  const { teacher, rows } = problem;
  const from = start ?? new Float64Array(teacher.length);
  return distance(descend(from, rows, labelsOf(teacher, rows, "soft"), options), learnedFromSoftLabels(problem));
}

/**
 * How far the part of a start that is orthogonal to all inputs has moved after gradient descent: the gradient lies in
 * their span, so not at all. `size` is the length of that part.
 */
export function orthogonalDrift(problem: LinearProblem, options: DescentOptions, size: number): number {
  const { teacher, rows } = problem;
  const basis = orthonormalBasis(rows);
  const orthogonalPart = (vector: Float64Array) => {
    const part = vector.slice();
    addScaled(part, -1, project(vector, basis));
    return part;
  };
  const start = orthogonalPart(teacher);
  const scale = size / Math.sqrt(dot(start, start));
  for (let i = 0; i < start.length; i++) start[i] *= scale;
  const end = descend(start, rows, labelsOf(teacher, rows, "soft"), options);
  return distance(orthogonalPart(end), start);
}

/** Risk of a student that learned from the teacher's probabilities, or from its classes alone. */
export function riskAfterDescent(
  { teacher, rows }: LinearProblem,
  labels: "soft" | "hard",
  options: DescentOptions,
): number {
  const start = new Float64Array(teacher.length);
  return transferRisk(descend(start, rows, labelsOf(teacher, rows, labels), options), teacher);
}

/** Distance of a two-layer student's product from the projection; its weights start at `initialScale`. */
export function deepError(
  problem: LinearProblem,
  { hidden, initialScale, seed, ...options }: DescentOptions & { hidden: number; initialScale: number; seed: number },
): number {
  const { teacher, rows } = problem;
  const random = new Random(hashSeed("deep linear", seed));
  const drawn = (length: number) => normalVector(length, random).map((value) => initialScale * value);
  const start: DeepLinear = {
    first: Array.from({ length: hidden }, () => drawn(teacher.length)),
    second: drawn(hidden),
  };
  const end = productOf(descendDeep(start, rows, labelsOf(teacher, rows, "soft"), options));
  return distance(end, learnedFromSoftLabels(problem));
}
