// How accurate a student will be, told from its choices before it is trained: ridge regression on the choices and the
// network's size, with a bound that held for the students of the past.
import type { Trial } from "../src/schemas/trial.ts";

/** What the model is told of a student. */
export type Described = Pick<Trial, "tokens" | "parameters" | "multiplyAdds">;

/** Accuracy from 0 to 1; with 95 % it is at most `high`, and with 95 % at least `low`. */
export interface PredictedAccuracy {
  accuracy: number;
  low: number;
  high: number;
}

/** Share of past students whose accuracy, left out of the fit, keeps a bound. */
const bounded = 0.95;
const strengths = [0.1, 0.3, 1, 3, 10, 30, 100];

export class AccuracyModel {
  readonly #features: ReturnType<typeof featuresOf>;
  readonly #fit: RidgeFit;
  /** Bounds of the scaled error of a new student. */
  readonly #low: number;
  readonly #high: number;

  /**
   * Fits to at least two `students`; the strength of the ridge is the one with the least error of left-out students.
   * RangeError on fewer.
   */
  constructor(students: readonly (Described & { accuracy: number })[]) {
    if (students.length < 2) throw new RangeError(`a model of accuracies needs two students, got ${students.length}`);
    this.#features = featuresOf(students);
    const rows = students.map((student) => this.#features(student).row);
    const accuracies = students.map(({ accuracy }) => accuracy);
    const products = productsOf(rows, accuracies);
    const fits = strengths.map((strength) => ridge(rows, accuracies, { ...products, strength }));
    this.#fit = fits.reduce((best, fit) => (fit.leftOutError < best.leftOutError ? fit : best));
    const errors = this.#fit.scaledErrors.toSorted((a, b) => a - b);
    // Conformal: of one more student than there are, so many keep the bound; too few students bound nothing.
    const rank = Math.ceil((errors.length + 1) * bounded);
    this.#high = rank > errors.length ? Infinity : errors[rank - 1];
    this.#low = rank > errors.length ? -Infinity : errors[errors.length - rank];
  }

  predict(student: Described): PredictedAccuracy {
    const { row, unmet } = this.#features(student);
    const { inverse, strength, weights } = this.#fit;
    const accuracy = dot(row, weights);
    // The further from the students of the past, the wider; a choice that was never met may do all that the ridge allows.
    const scale = Math.sqrt(1 + quadratic(row, inverse) + unmet / strength);
    const cut = (value: number) => Math.min(1, Math.max(0, value));
    return {
      accuracy: cut(accuracy),
      low: cut(accuracy + scale * this.#low),
      high: cut(accuracy + scale * this.#high),
    };
  }
}

/**
 * A student's row: a constant, the size on a logarithmic scale, and a 1 for every choice that was met among `students`;
 * and how many of its choices were not.
 */
function featuresOf(students: readonly Described[]): (student: Described) => { row: number[]; unmet: number } {
  const sizes = (student: Described) => [Math.log(student.parameters), Math.log(student.multiplyAdds)];
  const centres = [0, 1].map((index) => mean(students.map((student) => sizes(student)[index])));
  const columns = new Map<string, number>();
  for (const { tokens } of students) {
    for (const [decision, token] of tokens.entries()) {
      const name = `${decision}:${token}`;
      if (!columns.has(name)) columns.set(name, 1 + centres.length + columns.size);
    }
  }
  return (student) => {
    const row = new Array<number>(1 + centres.length + columns.size).fill(0);
    row[0] = 1;
    let unmet = 0;
    for (const [index, size] of sizes(student).entries()) row[1 + index] = size - centres[index];
    for (const [decision, token] of student.tokens.entries()) {
      const column = columns.get(`${decision}:${token}`);
      if (column === undefined) unmet++;
      else row[column] = 1;
    }
    return { row, unmet };
  };
}

interface RidgeFit {
  weights: number[];
  strength: number;
  /** Inverse of the penalised normal matrix. */
  inverse: number[][];
  /** Errors of the students, each left out, over what is expected to widen them where they stand. */
  scaledErrors: number[];
  /** Mean square of the left-out errors. */
  leftOutError: number;
}

/** Sums over the students: of products of features with each other, and with the accuracies. */
interface Products {
  normal: readonly number[][];
  right: readonly number[];
}

function productsOf(rows: readonly number[][], values: readonly number[]): Products {
  const size = rows[0].length;
  const normal = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const right = new Array<number>(size).fill(0);
  for (const [index, row] of rows.entries()) {
    for (let i = 0; i < size; i++) {
      if (row[i] === 0) continue;
      right[i] += row[i] * values[index];
      for (let j = 0; j < size; j++) normal[i][j] += row[i] * row[j];
    }
  }
  return { normal, right };
}

/** Least squares with `strength` on all weights but the constant's; left-out errors by the leverages (Allen 1974). */
function ridge(
  rows: readonly number[][],
  values: readonly number[],
  { normal: plain, right, strength }: Products & { strength: number },
): RidgeFit {
  const normal = plain.map((line, i) => line.with(i, line[i] + (i === 0 ? 1e-9 : strength)));
  const inverse = inverted(normal);
  const weights = inverse.map((line) => dot(line, right));
  const scaledErrors: number[] = [];
  let squares = 0;
  for (const [index, row] of rows.entries()) {
    const rest = Math.max(1e-9, 1 - quadratic(row, inverse));
    const error = values[index] - dot(row, weights);
    squares += (error / rest) ** 2;
    scaledErrors.push(error / Math.sqrt(rest));
  }
  return { weights, strength, inverse, scaledErrors, leftOutError: squares / rows.length };
}

/** The inverse of a symmetric positive definite matrix, by Gauss and Jordan. */
function inverted(matrix: readonly number[][]): number[][] {
  const size = matrix.length;
  const left = matrix.map((line) => [...line]);
  const right = left.map((_, i) => left.map((_, j) => (i === j ? 1 : 0)));
  for (let pivot = 0; pivot < size; pivot++) {
    const factor = 1 / left[pivot][pivot];
    for (let j = 0; j < size; j++) {
      left[pivot][j] *= factor;
      right[pivot][j] *= factor;
    }
    for (let i = 0; i < size; i++) {
      const share = left[i][pivot];
      if (i === pivot || share === 0) continue;
      for (let j = 0; j < size; j++) {
        left[i][j] -= share * left[pivot][j];
        right[i][j] -= share * right[pivot][j];
      }
    }
  }
  return right;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** row * matrix * row. */
function quadratic(row: readonly number[], matrix: readonly number[][]): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) if (row[i] !== 0) sum += row[i] * dot(matrix[i], row);
  return sum;
}
