/** Adam (Kingma & Ba 2015, 1412.6980) on plain numbers, with the same constants as the engines'. */
export class Adam {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  #step = 0;

  constructor(size: number) {
    this.#first = new Float32Array(size);
    this.#second = new Float32Array(size);
  }

  /** Moves `values` in place along `gradient`. */
  update(values: Float32Array, gradient: Float32Array, learningRate: number): void {
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    const first = this.#first;
    const second = this.#second;
    if (values.length !== first.length || gradient.length !== first.length) {
      throw new RangeError(
        `Adam of ${first.length} numbers got ${values.length} values and ${gradient.length} gradients`,
      );
    }
    this.#step++;
    const rate = learningRate * Math.sqrt(1 - beta2 ** this.#step) / (1 - beta1 ** this.#step);
    // The correction of the second moment is in the rate, so epsilon is scaled alike.
    const scaledEpsilon = epsilon * Math.sqrt(1 - beta2 ** this.#step);
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i];
      first[i] += (1 - beta1) * (slope - first[i]);
      second[i] += (1 - beta2) * (slope * slope - second[i]);
      values[i] -= rate * first[i] / (Math.sqrt(second[i]) + scaledEpsilon);
    }
  }

  /** Follows values that have changed places: the one at `order[i]` now stands at `i`. */
  reorder(order: ArrayLike<number>): void {
    for (const moment of [this.#first, this.#second]) {
      const before = moment.slice();
      for (let i = 0; i < moment.length; i++) moment[i] = before[order[i]];
    }
  }
}
