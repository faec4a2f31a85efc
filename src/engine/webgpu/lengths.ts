/** Elements of a tensor of `shape`. */
export function productOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Throws a RangeError where `values`, called `what`, are not `length` numbers. */
export function requireLength(what: string, values: { length: number }, length: number): void {
  if (values.length !== length) throw new RangeError(`${what} must hold ${length} numbers, got ${values.length}`);
}
