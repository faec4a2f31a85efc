import { type Line, RefusedError, ServerGoneError } from "./post.ts";

const lookAgainMs = 5000;
const waitedAtMostMs = 2 * 3_600_000;

/**
 * After the end of Nacre: looks now and then whether it runs again, for two hours. True once `look` succeeds, false where it
 * never did; rejects with a refusal of another kind. `now` in milliseconds.
 */
export async function waitForServer(
  look: () => Promise<unknown>,
  { pause, now }: Pick<Line, "pause"> & { now: () => number },
): Promise<boolean> {
  const end = now() + waitedAtMostMs;
  while (now() < end) {
    await pause(lookAgainMs);
    try {
      await look();
      return true;
    } catch (error) {
      const passing = error instanceof ServerGoneError || (error instanceof RefusedError && error.status === 410);
      if (!passing) throw error;
    }
  }
  return false;
}
