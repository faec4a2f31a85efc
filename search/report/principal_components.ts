// A picture of many dimensions in two: principal component analysis (Pearson 1901), exact, by Jacobi's rotations.

/** Rows seen along the two directions in which they differ most. */
export interface PlaneProjection {
  /** One point per row; the mean row is at 0, 0. */
  points: { x: number; y: number }[];
  /** Shares of the whole variance that the two directions hold, 0 to 1 each. */
  explained: readonly [number, number];
}

/** Tokens as numbers that have distances: for each decision as many zeros as it has choices, a one at the choice. */
export function oneHot(tokens: readonly number[], choiceCounts: readonly number[]): number[] {
  if (tokens.length !== choiceCounts.length) {
    throw new RangeError(`oneHot: ${choiceCounts.length} tokens are needed, got ${tokens.length}`);
  }
  return choiceCounts.flatMap((count, decision) =>
    Array.from({ length: count }, (_, choice) => tokens[decision] === choice ? 1 : 0)
  );
}

/**
 * `rows`, all of one length, along their first two principal components; null where they do not differ. The sign of a
 * component is that of its largest weight, so that equal rows always give the same picture.
 */
export function projectOnPlane(rows: readonly (readonly number[])[]): PlaneProjection | null {
  const length = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== length)) throw new RangeError("projectOnPlane: rows differ in length");
  const means = Array.from({ length }, (_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  // What never differs adds nothing but work.
  const varying = means.flatMap((_, i) => rows.some((row) => row[i] !== rows[0][i]) ? [i] : []);
  if (varying.length === 0) return null;
  const centred = rows.map((row) => varying.map((i) => row[i] - means[i]));
  const covariance = varying.map(() => new Float64Array(varying.length));
  for (const row of centred) {
    for (const [i, value] of row.entries()) {
      const line = covariance[i];
      for (let j = 0; j <= i; j++) line[j] += value * row[j] / rows.length;
    }
  }
  for (const [i, line] of covariance.entries()) for (let j = 0; j < i; j++) covariance[j][i] = line[j];

  const { values, vectors } = eigenOfSymmetric(covariance);
  const total = values.reduce((sum, value) => sum + value, 0);
  const along = (row: readonly number[], component: number) => {
    const vector = vectors[component];
    return vector === undefined ? 0 : row.reduce((sum, value, i) => sum + value * vector[i], 0);
  };
  return {
    points: centred.map((row) => ({ x: along(row, 0), y: along(row, 1) })),
    explained: [values[0] / total, Math.max(0, values[1] ?? 0) / total],
  };
}

const MOST_SWEEPS = 60;

/**
 * Eigenvalues of a symmetric matrix, largest first, with a unit eigenvector each, by cyclic Jacobi rotations (Golub and
 * Van Loan, Matrix Computations, 8.5). `matrix` is used up.
 */
export function eigenOfSymmetric(matrix: Float64Array[]): { values: number[]; vectors: Float64Array[] } {
  const size = matrix.length;
  // Rows are eigenvectors in the making.
  const vectors = matrix.map((_, i) => Float64Array.from({ length: size }, (_, j) => i === j ? 1 : 0));
  const scale = matrix.reduce((sum, row) => sum + row.reduce((most, value) => Math.max(most, Math.abs(value)), 0), 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let largest = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const off = matrix[p][q];
        largest = Math.max(largest, Math.abs(off));
        if (Math.abs(off) <= 1e-15 * scale) continue;
        const theta = (matrix[q][q] - matrix[p][p]) / (2 * off);
        const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        rotate(matrix, vectors, p, q, cosine, tangent * cosine);
      }
    }
    if (largest <= 1e-15 * scale) break;
  }
  const order = matrix.map((_, i) => i).sort((a, b) => matrix[b][b] - matrix[a][a]);
  return { values: order.map((i) => matrix[i][i]), vectors: order.map((i) => signed(vectors[i])) };
}

/** Turns the plane of axes `p` and `q` so that the matrix has no entry there. */
function rotate(matrix: Float64Array[], vectors: Float64Array[], p: number, q: number, cosine: number, sine: number) {
  const turn = (one: Float64Array, other: Float64Array) => {
    for (let i = 0; i < one.length; i++) {
      const [a, b] = [one[i], other[i]];
      one[i] = cosine * a - sine * b;
      other[i] = sine * a + cosine * b;
    }
  };
  turn(matrix[p], matrix[q]);
  for (const row of matrix) {
    const [a, b] = [row[p], row[q]];
    row[p] = cosine * a - sine * b;
    row[q] = sine * a + cosine * b;
  }
  turn(vectors[p], vectors[q]);
}

function signed(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => Math.abs(value) > Math.abs(most) + 1e-12 ? value : most, 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}
