// The standard normal distribution, and the mean of the negative part of a shifted and scaled one.

/** Density at `x`. */
export function normalDensity(x: number): number {
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** Probability below `x`, by the continued fraction or the power series of the error function; exact to about 1e-14. */
export function normalProbability(x: number): number {
  const distance = Math.abs(x);
  let tail: number;
  if (distance < 3) {
    // Sum over k of x^(2k+1) / (1 * 3 * 5 ... (2k+1)), times the density.
    let addend = distance;
    let sum = distance;
    for (let odd = 3; addend > 1e-17; odd += 2) {
      addend *= distance * distance / odd;
      sum += addend;
    }
    tail = 0.5 - sum * normalDensity(distance);
  } else {
    let fraction = distance;
    for (let level = 60; level >= 1; level--) fraction = distance + level / fraction;
    tail = normalDensity(distance) / fraction;
  }
  return x < 0 ? tail : 1 - tail;
}
