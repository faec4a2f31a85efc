// Bayesian linear regression on choices and pairs of choices. There are thousands of weights and at most some hundreds
// of observations, so all is solved in the space of the observations (Rasmussen and Williams 2006, section 2.2).
import type { Random } from "../../../src/data/random.ts";
import { cholesky, solveCholesky } from "./cholesky.ts";
import {
  amplitude,
  CommonChoices,
  covariance,
  type PairPrior,
  type WeightVariances,
  weightVariances,
} from "./pair_prior.ts";
import { type ChoiceLayout, PairTable } from "./pair_table.ts";

/** The posterior of the weights after some observations; exact, given the prior. */
export class PairRegression {
  readonly #layout: ChoiceLayout;
  readonly #places: Int32Array;
  readonly #targets: Float64Array;
  readonly #noise: number;
  readonly #variances: WeightVariances;
  readonly #lower: Float64Array;
  readonly #amplitude: number;

  /** One of `targets` for each of `tokens`, of which there is at least one. */
  constructor(
    observations: { layout: ChoiceLayout; tokens: readonly (readonly number[])[]; targets: Float64Array },
    prior: PairPrior,
  ) {
    const { layout, tokens, targets } = observations;
    this.#layout = layout;
    this.#places = layout.places(tokens);
    this.#targets = targets;
    this.#noise = prior.noise;
    this.#variances = weightVariances(prior, layout.choices.length);
    this.#lower = cholesky(covariance(new CommonChoices(tokens), prior), tokens.length);
    this.#amplitude = amplitude(this.#lower, targets);
  }

  /**
   * A draw from the posterior whose deviation from the mean is multiplied by `spread`: 1 is an exact draw, 0 the mean.
   * By Matheron's rule: a draw from the prior, corrected by what the observations say of it (Wilson et al. 2020, arXiv
   * 2002.09309).
   */
  draw(random: Random, spread: number): PairTable {
    const scale = spread * this.#amplitude;
    const table = new PairTable(this.#layout);
    if (scale > 0) this.#drawPrior(table, random, scale);
    const noise = scale * Math.sqrt(this.#noise);
    const missing = table.scores(this.#places);
    for (let row = 0; row < missing.length; row++) {
      missing[row] = this.#targets[row] - missing[row] - noise * random.normal();
    }
    this.#addEvidence(table, solveCholesky(this.#lower, missing));
    return table;
  }

  #drawPrior(table: PairTable, random: Random, scale: number): void {
    const { choices, offsets, size } = this.#layout;
    table.constant = scale * random.normal();
    const single = scale * Math.sqrt(this.#variances.single);
    for (let place = 0; place < size; place++) table.single[place] = single * random.normal();
    for (const [index, count] of choices.entries()) {
      const next = offsets[index] + count;
      // Past the neighbour, where only neighbours interact, the weights stay 0.
      const end = this.#variances.any > 0 ? size : next + (choices[index + 1] ?? 0);
      for (let place = offsets[index]; place < next; place++) {
        for (let other = next; other < end; other++) {
          const variance = this.#pairVariance(other < next + choices[index + 1]);
          table.pair[place * size + other] = scale * Math.sqrt(variance) * random.normal();
        }
      }
    }
  }

  /** Adds the weights that account for `evidence`: the covariance of each with the observations, times that. */
  #addEvidence(table: PairTable, evidence: Float64Array): void {
    const { size, choices: { length: count } } = this.#layout;
    const { pair, single } = table;
    const places = this.#places;
    const [adjacent, distant] = [this.#pairVariance(true), this.#pairVariance(false)];
    for (let row = 0; row < evidence.length; row++) {
      const weight = evidence[row];
      const end = (row + 1) * count;
      table.constant += weight;
      for (let first = row * count; first < end; first++) {
        const start = places[first] * size;
        single[places[first]] += this.#variances.single * weight;
        if (first + 1 < end) pair[start + places[first + 1]] += adjacent * weight;
        if (distant === 0) continue;
        for (let second = first + 2; second < end; second++) pair[start + places[second]] += distant * weight;
      }
    }
  }

  #pairVariance(neighbours: boolean): number {
    return this.#variances.any + (neighbours ? this.#variances.adjacent : 0);
  }
}
