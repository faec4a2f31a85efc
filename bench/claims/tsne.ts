// t-SNE (van der Maaten and Hinton 2008), exact: a picture in which points that are close in many dimensions are close.
// Distances between groups in it mean nothing; the claims are judged in the space itself.
import { projectOnPlane } from "../../search/report/principal_components.ts";

export interface Point {
  x: number;
  y: number;
}

/** Squared Euclidean distances `[n, n]`. */
function squaredDistances(rows: readonly (readonly number[])[]): Float64Array {
  const count = rows.length;
  const distances = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      let sum = 0;
      for (let i = 0; i < rows[a].length; i++) sum += (rows[a][i] - rows[b][i]) ** 2;
      distances[a * count + b] = distances[b * count + a] = sum;
    }
  }
  return distances;
}

const halvings = 60;

/** Weights of row `from` for a Gaussian of precision `beta`, which sum up to 1, and their entropy in nats. */
function gaussianRow(distances: Float64Array, count: number, from: number, beta: number): [Float64Array, number] {
  const row = new Float64Array(count);
  let nearest = Infinity;
  for (let to = 0; to < count; to++) if (to !== from) nearest = Math.min(nearest, distances[from * count + to]);
  let sum = 0;
  for (let to = 0; to < count; to++) {
    if (to === from) continue;
    // Relative to the nearest, so that a sharp Gaussian does not vanish altogether.
    row[to] = Math.exp(-beta * (distances[from * count + to] - nearest));
    sum += row[to];
  }
  let entropy = 0;
  for (let to = 0; to < count; to++) {
    row[to] /= sum;
    if (row[to] > 0) entropy -= row[to] * Math.log(row[to]);
  }
  return [row, entropy];
}

/**
 * How much each row has of each other as a neighbour, `[n, n]`: Gaussians whose width gives each row `perplexity`
 * neighbours, made symmetric, summing up to 1. RangeError for as many neighbours as there are other rows, or more.
 */
export function affinities(rows: readonly (readonly number[])[], perplexity: number): Float64Array {
  const count = rows.length;
  if (!(perplexity > 1 && perplexity < count - 1)) {
    throw new RangeError(`perplexity must be above 1 and below ${count - 1} for ${count} rows, got ${perplexity}`);
  }
  const distances = squaredDistances(rows);
  const wanted = Math.log(perplexity);
  const all = new Float64Array(count * count);
  for (let from = 0; from < count; from++) {
    let [low, high, beta] = [0, Infinity, 1];
    let row = new Float64Array(0);
    for (let halving = 0; halving < halvings; halving++) {
      const [weights, entropy] = gaussianRow(distances, count, from, beta);
      row = weights as Float64Array<ArrayBuffer>;
      if (Math.abs(entropy - wanted) < 1e-6) break;
      if (entropy > wanted) low = beta;
      else high = beta;
      beta = high === Infinity ? 2 * beta : (low + high) / 2;
    }
    for (let to = 0; to < count; to++) {
      all[from * count + to] += row[to] / (2 * count);
      all[to * count + from] += row[to] / (2 * count);
    }
  }
  return all;
}

/** Student's t of one degree of freedom for all pairs, `[n, n]`, not normalised, and its sum. */
function kernel(points: Float64Array): { values: Float64Array; sum: number } {
  const count = points.length / 2;
  const values = new Float64Array(count * count);
  let sum = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const [dx, dy] = [points[2 * a] - points[2 * b], points[2 * a + 1] - points[2 * b + 1]];
      const value = 1 / (1 + dx * dx + dy * dy);
      values[a * count + b] = values[b * count + a] = value;
      sum += 2 * value;
    }
  }
  return { values, sum };
}

/** KL divergence of the affinities `wanted` from those of `points`, `[x0, y0, x1, y1, ...]`. */
export function divergence(wanted: Float64Array, points: Float64Array): number {
  const { sum, values } = kernel(points);
  let total = 0;
  for (const [pair, p] of wanted.entries()) if (p > 0) total += p * Math.log(p * sum / values[pair]);
  return total;
}

/** Gradient of {@linkcode divergence} with respect to `points`; `exaggeration` scales the affinities. */
export function gradient(wanted: Float64Array, points: Float64Array, exaggeration = 1): Float64Array {
  const count = points.length / 2;
  const { sum, values } = kernel(points);
  const result = new Float64Array(points.length);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      const value = values[a * count + b];
      const force = 4 * (exaggeration * wanted[a * count + b] - value / sum) * value;
      result[2 * a] += force * (points[2 * a] - points[2 * b]);
      result[2 * a + 1] += force * (points[2 * a + 1] - points[2 * b + 1]);
    }
  }
  return result;
}

const exaggeration = 12;
const exaggeratedSteps = 150;

/**
 * The rows in the plane; null where they do not differ. It starts from principal components, so equal rows always give the
 * same picture.
 */
export function tsne(
  rows: readonly (readonly number[])[],
  { perplexity = 30, steps = 600 }: { perplexity?: number; steps?: number } = {},
): Point[] | null {
  const start = projectOnPlane(rows);
  if (!start) return null;
  const wanted = affinities(rows, perplexity);
  const widest = Math.max(...start.points.map(({ x, y }) => Math.hypot(x, y)));
  const points = Float64Array.from(start.points.flatMap(({ x, y }) => [1e-2 * x / widest, 1e-2 * y / widest]));
  // Equal rows would stay on one another for ever, and hide each other: a little apart, along a spiral.
  for (let i = 0; i < rows.length; i++) {
    points[2 * i] += 1e-5 * Math.cos(i);
    points[2 * i + 1] += 1e-5 * Math.sin(i);
  }
  const velocity = new Float64Array(points.length);
  const gains = new Float64Array(points.length).fill(1);
  const rate = Math.max(rows.length / exaggeration / 4, 50);
  for (let step = 0; step < steps; step++) {
    const early = step < exaggeratedSteps;
    const slope = gradient(wanted, points, early ? exaggeration : 1);
    const momentum = early ? 0.5 : 0.8;
    for (let i = 0; i < points.length; i++) {
      gains[i] = Math.max(0.01, Math.sign(slope[i]) === Math.sign(velocity[i]) ? gains[i] * 0.8 : gains[i] + 0.2);
      velocity[i] = momentum * velocity[i] - rate * gains[i] * slope[i];
      points[i] += velocity[i];
    }
  }
  return rows.map((_, i) => ({ x: points[2 * i], y: points[2 * i + 1] }));
}
