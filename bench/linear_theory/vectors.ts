// The little linear algebra that the theory of linear distillation needs, in double precision.
import type { Random } from "../../src/data/random.ts";

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** `a += factor * b` */
export function addScaled(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] += factor * b[i];
}

export function distance(a: Float64Array, b: Float64Array): number {
  return Math.hypot(...a.map((value, i) => value - b[i]));
}

/** The angle between two vectors, 0 to pi; of a vector of zeros with any other pi / 2. Exact near 0, too. */
export function angle(a: Float64Array, b: Float64Array): number {
  const [lengthA, lengthB] = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
  if (lengthA === 0 || lengthB === 0) return Math.PI / 2;
  let difference = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    difference += (a[i] / lengthA - b[i] / lengthB) ** 2;
    sum += (a[i] / lengthA + b[i] / lengthB) ** 2;
  }
  return 2 * Math.atan2(Math.sqrt(difference), Math.sqrt(sum));
}

/** A vector of independent standard normal numbers. */
export function normalVector(length: number, random: Random): Float64Array {
  return Float64Array.from({ length }, () => random.normal());
}

/** An orthonormal basis of the span of `rows`: Gram and Schmidt, each row twice, since once loses digits. */
export function orthonormalBasis(rows: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const row of rows) {
    const rest = row.slice();
    const length = Math.sqrt(dot(row, row));
    for (let round = 0; round < 2; round++) for (const other of basis) addScaled(rest, -dot(rest, other), other);
    const left = Math.sqrt(dot(rest, rest));
    // What is left of a row within the span is rounding.
    if (left > 1e-10 * length) basis.push(rest.map((value) => value / left));
  }
  return basis;
}

/** The projection of `vector` on the span of `basis`. */
export function project(vector: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const projection = new Float64Array(vector.length);
  for (const direction of basis) addScaled(projection, dot(vector, direction), direction);
  return projection;
}
