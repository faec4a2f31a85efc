/**
 * Learning rate of `step` (from 0) of `steps`: a linear warm-up over the first `warmup` share of them, then a half
 * cosine to zero (SGDR, 1608.03983, without restarts).
 */
export function cosineSchedule(step: number, options: { steps: number; peak: number; warmup?: number }): number {
  const { steps, peak, warmup = 0.05 } = options;
  const warmupSteps = Math.max(1, Math.round(steps * warmup));
  if (step < warmupSteps) return (peak * (step + 1)) / (warmupSteps + 1);
  const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
  return (peak / 2) * (1 + Math.cos(Math.PI * progress));
}
