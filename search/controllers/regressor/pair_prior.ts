// What a regression on choices and pairs believes before it has seen anything, and which of such beliefs fits.
import { cholesky, halfLogDeterminant, solveLower } from "./cholesky.ts";

/** Shares of the variance of a reward that come from single decisions, from pairs of neighbours, and from any pair. */
export interface PairPrior {
  single: number;
  adjacent: number;
  any: number;
  /** Variance of the noise, beside that of the three, which is 1. */
  noise: number;
}

/** Prior variances of the weight of one choice, of two of neighbouring decisions, and of two of any decisions. */
export interface WeightVariances {
  single: number;
  adjacent: number;
  any: number;
}

/** What the shares of `prior` make of each single weight, where there are so many decisions. */
export function weightVariances(prior: PairPrior, decisions: number): WeightVariances {
  const pairs = decisions * (decisions - 1) / 2;
  return {
    single: prior.single / decisions,
    adjacent: pairs > 0 ? prior.adjacent / (decisions - 1) : 0,
    any: pairs > 0 ? prior.any / pairs : 0,
  };
}

const shares = [
  { single: 1, adjacent: 0, any: 0 },
  { single: 0.6, adjacent: 0.4, any: 0 },
  { single: 0.3, adjacent: 0.7, any: 0 },
  { single: 0.6, adjacent: 0, any: 0.4 },
  { single: 0.3, adjacent: 0, any: 0.7 },
  { single: 0.4, adjacent: 0.3, any: 0.3 },
];

const candidates: readonly PairPrior[] = shares.flatMap((share) =>
  [0.003, 0.03, 0.1, 0.3, 1].map((noise) => ({ ...share, noise }))
);

/** How many decisions, and neighbouring pairs of them, any two of some token sequences have in common. */
export class CommonChoices {
  /** Lower triangle by rows, the diagonal included. */
  readonly single: Uint16Array;
  readonly adjacent: Uint16Array;

  constructor(readonly tokens: readonly (readonly number[])[]) {
    const size = tokens.length * (tokens.length + 1) / 2;
    const flat = Uint16Array.from(tokens.flat());
    this.single = new Uint16Array(size);
    this.adjacent = new Uint16Array(size);
    let place = 0;
    for (let row = 0; row < tokens.length; row++) {
      for (let column = 0; column <= row; column++, place++) this.#compare(flat, row, column, place);
    }
  }

  #compare(flat: Uint16Array, row: number, column: number, place: number): void {
    const count = flat.length / this.tokens.length;
    const one = row * count;
    const other = column * count;
    let single = 0;
    let adjacent = 0;
    let before = 0;
    for (let index = 0; index < count; index++) {
      const same = flat[one + index] === flat[other + index] ? 1 : 0;
      single += same;
      adjacent += same & before;
      before = same;
    }
    this.single[place] = single;
    this.adjacent[place] = adjacent;
  }
}

/** Prior covariance of targets of the tokens of `common`, a lower triangle by rows. The constant has variance 1. */
export function covariance(common: CommonChoices, prior: PairPrior): Float64Array {
  const count = common.tokens.length;
  const { single, adjacent, any } = weightVariances(prior, common.tokens[0].length);
  const matrix = new Float64Array(common.single.length);
  for (let place = 0; place < matrix.length; place++) {
    const matches = common.single[place];
    matrix[place] = 1 + single * matches + adjacent * common.adjacent[place] + any * matches * (matches - 1) / 2;
  }
  for (let row = 0; row < count; row++) matrix[row * (row + 3) / 2] += prior.noise;
  return matrix;
}

/** By what all deviations of a prior, given as the factor of its covariance, are multiplied to fit `targets` best. */
export function amplitude(lower: Float64Array, targets: Float64Array): number {
  const squares = solveLower(lower, targets).reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares / targets.length);
}

/** The prior of a few under which `targets` of `tokens` are the most probable, each with its best amplitude. */
export function fittingPrior(tokens: readonly (readonly number[])[], targets: Float64Array): PairPrior {
  const common = new CommonChoices(tokens);
  let best = { prior: candidates[0], evidence: -Infinity };
  for (const prior of candidates) {
    const lower = cholesky(covariance(common, prior), tokens.length);
    // Targets that are all 0 fit any prior: the first one stays.
    const spread = Math.log(Math.max(amplitude(lower, targets), 1e-6));
    const evidence = -tokens.length * spread - halfLogDeterminant(lower, tokens.length);
    if (evidence > best.evidence) best = { prior, evidence };
  }
  return best.prior;
}
