// Losses wait in a ring until they are read: a GPU is asked for many at once, and still none is missed.

/** Losses that wait at most. */
export const keptLosses = 10;

/** Which slots of a ring of {@linkcode keptLosses} hold what. */
export class LossRing {
  #taken = 0;
  #read = 0;

  /** The slot of the loss that is taken now. */
  next(): number {
    return this.#taken++ % keptLosses;
  }

  /** The slot of the loss that was taken last; 0 before the first. */
  get last(): number {
    return Math.max(0, this.#taken - 1) % keptLosses;
  }

  /** The slots of the losses since the last call, oldest first. */
  drain(): number[] {
    const first = Math.max(this.#read, this.#taken - keptLosses);
    this.#read = this.#taken;
    return Array.from({ length: this.#taken - first }, (_, index) => (first + index) % keptLosses);
  }
}
