// A function of tokens: a sum over decisions and over pairs of decisions, in which one change is judged at once.

/** Where the choices of each decision start among all of them, laid end to end. */
export class ChoiceLayout {
  readonly offsets: readonly number[];
  /** The number of choices of all decisions. */
  readonly size: number;

  constructor(readonly choices: readonly number[]) {
    let size = 0;
    this.offsets = choices.map((count) => {
      size += count;
      return size - count;
    });
    this.size = size;
  }

  /** Where each token of each of `some` is among all choices, ascending within a row; [some, decisions] by rows. */
  places(some: readonly (readonly number[])[]): Int32Array {
    const count = this.choices.length;
    const places = new Int32Array(some.length * count);
    for (let row = 0; row < some.length; row++) {
      for (let index = 0; index < count; index++) places[row * count + index] = this.offsets[index] + some[row][index];
    }
    return places;
  }
}

/** Scores tokens by what each choice is worth, and each pair of choices beyond that. */
export class PairTable {
  /** What all tokens have in common. */
  constant = 0;
  /** What a choice is worth; [size]. */
  readonly single: Float64Array;
  /** What two choices of different decisions are worth together; [size, size] by rows, kept above the diagonal only. */
  readonly pair: Float64Array;

  constructor(readonly layout: ChoiceLayout) {
    this.single = new Float64Array(layout.size);
    this.pair = new Float64Array(layout.size * layout.size);
  }

  /** The constant, all choices and all pairs of `tokens`. */
  score(tokens: readonly number[]): number {
    return this.scores(this.layout.places([tokens]))[0];
  }

  /** {@linkcode score} of each row of {@linkcode ChoiceLayout.places}. */
  scores(places: Int32Array): Float64Array {
    const { size, choices: { length: count } } = this.layout;
    const { pair, single } = this;
    const scores = new Float64Array(places.length / count);
    for (let row = 0; row < scores.length; row++) {
      const end = (row + 1) * count;
      let score = this.constant;
      for (let first = row * count; first < end; first++) {
        const start = places[first] * size;
        score += single[places[first]];
        for (let second = first + 1; second < end; second++) score += pair[start + places[second]];
      }
      scores[row] = score;
    }
    return scores;
  }

  /** What each choice adds to the score, given those of the other decisions in `tokens`; [size]. */
  fields(tokens: readonly number[]): Float64Array {
    const fields = this.single.slice();
    for (let index = 0; index < tokens.length; index++) this.#addPairsWith(fields, index, tokens[index], 1);
    return fields;
  }

  /** Brings `fields` up to date with a decision that went from one choice to another. */
  updateFields(fields: Float64Array, index: number, from: number, to: number): void {
    this.#addPairsWith(fields, index, from, -1);
    this.#addPairsWith(fields, index, to, 1);
  }

  #addPairsWith(fields: Float64Array, index: number, token: number, factor: number): void {
    const { choices, offsets, size } = this.layout;
    const place = offsets[index] + token;
    for (let before = 0; before < offsets[index]; before++) fields[before] += factor * this.pair[before * size + place];
    for (let after = offsets[index] + choices[index]; after < size; after++) {
      fields[after] += factor * this.pair[place * size + after];
    }
  }
}
