// Ridge regression of positive values on relative error, with what leaving one observation out would give: pure
// algebra.

/** A fit of `targets` by weighted sums of the columns of `rows`. */
export interface RidgeFit {
  strength: number;
  coefficients: readonly number[];
  /**
   * By observation, what is predicted of it by all others, over its value. Exact for this strength: no fit is repeated
   * (Allen 1974's PRESS).
   */
  leftOut: readonly number[];
  /** By observation: how far the fit that leaves it out has to reach for it, in {@linkcode reach}'s unit. */
  reaches: readonly number[];
  /**
   * Variance of the prediction for `row` over the variance of an observation, were relative errors normal and the
   * penalty a prior (the leverage): `row` is divided by the value that is predicted.
   */
  reach(row: readonly number[]): number;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
}

/** Inverse of the symmetric positive definite `matrix`, by Cholesky's decomposition. */
export function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const lower = matrix.map((row) => [...row]);
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let sum = matrix[row][column];
      for (let k = 0; k < column; k++) sum -= lower[row][k] * lower[column][k];
      if (row > column) lower[row][column] = sum / lower[column][column];
      else if (sum > 0) lower[row][row] = Math.sqrt(sum);
      else throw new RangeError("Cannot invert: the matrix is not positive definite");
    }
  }
  return matrix.map((_row, unit) => {
    const solution = new Array<number>(size).fill(0);
    for (let row = 0; row < size; row++) {
      let sum = row === unit ? 1 : 0;
      for (let k = 0; k < row; k++) sum -= lower[row][k] * solution[k];
      solution[row] = sum / lower[row][row];
    }
    for (let row = size - 1; row >= 0; row--) {
      let sum = solution[row];
      for (let k = row + 1; k < size; k++) sum -= lower[k][row] * solution[k];
      solution[row] = sum / lower[row][row];
    }
    return solution;
  });
}

/**
 * The coefficients that make sum((1 - row . coefficients / target)^2) + strength * sum(penalty * coefficient^2) least,
 * for the one of `strengths` at which predictions of left-out observations are best. RangeError without observations or
 * strengths, and on a target that is not positive.
 */
export function fitRelativeRidge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  { penalties, strengths }: { penalties: readonly number[]; strengths: readonly number[] },
): RidgeFit {
  if (rows.length === 0 || strengths.length === 0) throw new RangeError("a fit takes an observation and a strength");
  const wrong = targets.find((target) => !(target > 0 && target < Infinity));
  if (wrong !== undefined) throw new RangeError(`a relative fit takes positive values, got ${wrong}`);
  const scaled = rows.map((row, index) => row.map((value) => value / targets[index]));
  const columns = penalties.length;
  const products = Array.from(
    { length: columns },
    (_, i) => Array.from({ length: columns }, (_, j) => scaled.reduce((sum, row) => sum + row[i] * row[j], 0)),
  );
  const sums = Array.from({ length: columns }, (_, i) => scaled.reduce((sum, row) => sum + row[i], 0));

  const fitWith = (strength: number): RidgeFit => {
    const inverse = inverseOf(
      products.map((row, i) => row.map((value, j) => i === j ? value + strength * penalties[i] : value)),
    );
    const coefficients = inverse.map((row) => dot(row, sums));
    const reach = (row: readonly number[]) => dot(row, inverse.map((line) => dot(line, row)));
    const leverages = scaled.map(reach);
    const leftOut = scaled.map((row, index) => 1 - (1 - dot(row, coefficients)) / (1 - leverages[index]));
    return { strength, coefficients, leftOut, reaches: leverages.map((own) => own / (1 - own)), reach };
  };

  const error = ({ leftOut }: RidgeFit) => leftOut.reduce((sum, share) => sum + (1 - share) ** 2, 0);
  return strengths.map(fitWith).reduce((best, fit) => error(fit) < error(best) ? fit : best);
}
