// Solving with a symmetric positive definite matrix, in plain arrays.

/**
 * The lower triangle L of `matrix` = L Lᵀ, packed by rows: row i starts at i (i + 1) / 2. `matrix` is a lower triangle
 * in the same form, of `size` rows. RangeError where it is not positive definite.
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(matrix.length);
  for (let row = 0; row < size; row++) {
    const start = row * (row + 1) / 2;
    for (let column = 0; column <= row; column++) {
      const other = column * (column + 1) / 2;
      const rest = matrix[start + column] - product(lower, start, other, column);
      if (column < row) {
        lower[start + column] = rest / lower[other + column];
      } else {
        if (!(rest > 0)) throw new RangeError(`Cannot factor a matrix: pivot ${row} is ${rest}, not positive`);
        lower[start + row] = Math.sqrt(rest);
      }
    }
  }
  return lower;
}

/** The sum of products of `length` values each, in four strands: a single sum would wait for itself. */
function product(values: Float64Array, one: number, other: number, length: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    first += values[one + k] * values[other + k];
    second += values[one + k + 1] * values[other + k + 1];
    third += values[one + k + 2] * values[other + k + 2];
    fourth += values[one + k + 3] * values[other + k + 3];
  }
  for (; k < length; k++) first += values[one + k] * values[other + k];
  return first + second + third + fourth;
}

/** The x of L Lᵀ x = `right`, for the triangle of {@linkcode cholesky}. */
export function solveCholesky(lower: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const x = solveLower(lower, right);
  for (let row = size - 1; row >= 0; row--) {
    const start = row * (row + 1) / 2;
    x[row] /= lower[start + row];
    for (let k = 0; k < row; k++) x[k] -= lower[start + k] * x[row];
  }
  return x;
}

/** The x of L x = `right`. */
export function solveLower(lower: Float64Array, right: Float64Array): Float64Array {
  const x = right.slice();
  for (let row = 0; row < x.length; row++) {
    const start = row * (row + 1) / 2;
    let rest = x[row];
    for (let k = 0; k < row; k++) rest -= lower[start + k] * x[k];
    x[row] = rest / lower[start + row];
  }
  return x;
}

/** The sum of the logarithms of the diagonal: half the logarithm of the determinant of L Lᵀ. */
export function halfLogDeterminant(lower: Float64Array, size: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) sum += Math.log(lower[row * (row + 1) / 2 + row]);
  return sum;
}
