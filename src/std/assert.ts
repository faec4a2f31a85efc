// The part of @std/assert that this project uses, over node:assert, because JSR cannot be assumed to be reachable.
// deno.json maps the real name to this file: to switch, point that line at jsr:@std/assert.
import nodeAssert from "node:assert";

/** Newer types of node:assert know a message or none, but not one that may be undefined, which it takes all the same. */
function optional(message: string | undefined): string {
  return message as string;
}

/** Makes an assertion, an error is thrown if `value` is not truthy. */
export function assert(value: unknown, message = "Expected a truthy value"): asserts value {
  nodeAssert.ok(value, message);
}

/** Asserts that two values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, optional(message));
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, optional(message));
}

/** Asserts that two values are the same by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, optional(message));
}

/** Asserts that `actual` is within `tolerance` (default: 1e-7 times `expected`) of `expected`. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, message?: string): void {
  if (Object.is(actual, expected)) return;
  const limit = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Math.abs(actual - expected) <= limit) return;
  throw new nodeAssert.AssertionError({
    message: `${message ? `${message}: ` : ""}Expected actual: ${actual} to be within ${limit} of ${expected}`,
    actual,
    expected,
  });
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  nodeAssert.ok(actual.includes(expected), message ?? `Expected ${JSON.stringify(actual)} to contain "${expected}"`);
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  nodeAssert.match(actual, expected, optional(message));
}

// deno-lint-ignore no-explicit-any -- an error class may take any arguments
type ErrorClass<E extends Error> = new (...args: any[]) => E;

function assertIsError<E extends Error>(error: unknown, kind?: ErrorClass<E>, includes?: string): E {
  nodeAssert.ok(error instanceof (kind ?? Error), `Expected a ${kind?.name ?? "Error"}, but got ${error}`);
  if (includes) assertStringIncludes((error as Error).message, includes);
  return error as E;
}

/** Asserts that `fn` throws, and returns the error. */
export function assertThrows<E extends Error = Error>(fn: () => unknown, kind?: ErrorClass<E>, includes?: string): E {
  try {
    fn();
  } catch (error) {
    return assertIsError(error, kind, includes);
  }
  throw new nodeAssert.AssertionError({ message: "Expected function to throw." });
}

/** Asserts that the promise of `fn` is rejected, and returns the error. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  kind?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return assertIsError(error, kind, includes);
  }
  throw new nodeAssert.AssertionError({ message: "Expected function to reject." });
}
