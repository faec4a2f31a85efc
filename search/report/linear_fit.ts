/** A straight line through points, and how well it fits. */
export interface LinearFit {
  slope: number;
  intercept: number;
  /** Pearson's correlation coefficient, -1 to 1. */
  correlation: number;
}

/**
 * Ordinary least squares of y on x. Null where there is nothing to fit: fewer than three points (two always lie on a
 * line), or all x or all y equal (no correlation is defined).
 */
export function linearFit(points: readonly { x: number; y: number }[]): LinearFit | null {
  if (points.length < 3) return null;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  let sumXX = 0;
  let sumYY = 0;
  let sumXY = 0;
  for (const { x, y } of points) {
    sumXX += (x - meanX) ** 2;
    sumYY += (y - meanY) ** 2;
    sumXY += (x - meanX) * (y - meanY);
  }
  // Rounding leaves a trace of spread in equal values: compare with their size, not with 0.
  const negligible = (sum: number, mean: number) => sum <= points.length * (1e-12 * mean) ** 2;
  if (negligible(sumXX, meanX) || negligible(sumYY, meanY)) return null;
  const slope = sumXY / sumXX;
  return { slope, intercept: meanY - slope * meanX, correlation: sumXY / Math.sqrt(sumXX * sumYY) };
}
