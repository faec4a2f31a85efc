// What is wrong with a call comes to light before the first training step. A RangeError after it, such as one of memory
// that ran out, is nobody's typing.

type OnStep = (step: number, steps: number) => void;

/**
 * Runs `body` with an `onStep` to hand on. A RangeError after the first step comes out as an Error with the same message
 * and the RangeError as its cause, all else as it is.
 */
export async function amidTraining<Result>(
  onStep: OnStep | undefined,
  body: (onStep: OnStep) => Promise<Result>,
): Promise<Result> {
  let begun = false;
  try {
    return await body((step, steps) => {
      begun = true;
      onStep?.(step, steps);
    });
  } catch (error) {
    if (begun && error instanceof RangeError) throw new Error(error.message, { cause: error });
    throw error;
  }
}

/** How V8 tells that it is out of memory or stack, or that a size is beyond all limits. */
const engineLimits = /^(Array buffer allocation failed|Invalid (typed )?array length|Maximum call stack size exceeded)/;

/** Whether `error` says in our own words what does not fit: a RangeError that is not the JavaScript engine's. */
export function isMisfit(error: unknown): error is RangeError {
  return error instanceof RangeError && !engineLimits.test(error.message);
}
