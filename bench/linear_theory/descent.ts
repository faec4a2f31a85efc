// Gradient descent on the cross-entropy of linear classifiers with a linear teacher's labels: Phuong & Lampert 2019,
// "Towards Understanding Knowledge Distillation" (2105.13093), section 3. Students are linear, or deep linear: products
// of matrices.
import { addScaled, dot } from "./vectors.ts";

function sigmoid(value: number): number {
  return value >= 0 ? 1 / (1 + Math.exp(-value)) : 1 - 1 / (1 + Math.exp(value));
}

/** The teacher's probability of each row, or (hard) the class that it sees. */
export function labelsOf(
  teacher: Float64Array,
  rows: readonly Float64Array[],
  kind: "soft" | "hard",
): Float64Array {
  return Float64Array.from(rows, (row) => {
    const score = dot(teacher, row);
    return kind === "soft" ? sigmoid(score) : score > 0 ? 1 : 0;
  });
}

/** Gradient of the mean cross-entropy over the rows with respect to a linear student. */
export function gradientOf(
  student: Float64Array,
  rows: readonly Float64Array[],
  labels: Float64Array,
): Float64Array {
  const gradient = new Float64Array(student.length);
  for (const [i, row] of rows.entries()) {
    addScaled(gradient, (sigmoid(dot(student, row)) - labels[i]) / rows.length, row);
  }
  return gradient;
}

export interface DescentOptions {
  steps: number;
  learningRate: number;
}

/** The linear student after gradient descent from `start`, which stays as it is. */
export function descend(
  start: Float64Array,
  rows: readonly Float64Array[],
  labels: Float64Array,
  { steps, learningRate }: DescentOptions,
): Float64Array {
  const student = start.slice();
  for (let step = 0; step < steps; step++) {
    addScaled(student, -learningRate, gradientOf(student, rows, labels));
  }
  return student;
}

/** Two layers: `second` `[hidden]` over `first` `[hidden][inputs]`. */
export interface DeepLinear {
  first: Float64Array[];
  second: Float64Array;
}

/** The linear classifier that two layers amount to. */
export function productOf({ first, second }: DeepLinear): Float64Array {
  const product = new Float64Array(first[0].length);
  for (const [unit, row] of first.entries()) addScaled(product, second[unit], row);
  return product;
}

/** The two-layer student after gradient descent from `start`, which stays as it is. */
export function descendDeep(
  start: DeepLinear,
  rows: readonly Float64Array[],
  labels: Float64Array,
  { steps, learningRate }: DescentOptions,
): DeepLinear {
  const first = start.first.map((row) => row.slice());
  const second = start.second.slice();
  for (let step = 0; step < steps; step++) {
    const gradient = gradientOf(productOf({ first, second }), rows, labels);
    for (const [unit, row] of first.entries()) {
      const slope = dot(gradient, row);
      addScaled(row, -learningRate * second[unit], gradient);
      second[unit] -= learningRate * slope;
    }
  }
  return { first, second };
}
