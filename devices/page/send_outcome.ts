import type { Lease } from "../protocol/wire.ts";
import { type JobOutcome, sendReport } from "./api.ts";
import { type Line, RefusedError } from "./post.ts";

/**
 * Ends a job with `outcome`; gives what the server took, which is a failure where it refuses what was measured (too large,
 * or not as it should be): without a word from this page it would hand the job out again, to no other end.
 */
export async function sendOutcome(
  line: Line,
  key: CryptoKey,
  lease: Lease,
  { chunks, outcome }: { chunks: number; outcome: JobOutcome },
): Promise<JobOutcome> {
  const send = async (outcome: JobOutcome) => {
    await sendReport(line, key, lease, { nonce: lease.nonce, chunks, outcome });
    return outcome;
  };
  try {
    return await send(outcome);
  } catch (error) {
    const unfit = error instanceof RefusedError && (error.status === 400 || error.status === 413);
    if (!unfit || outcome.outcome === "failed") throw error;
    const reason = `its report was refused: ${error.message}`.slice(0, 500);
    return await send({ outcome: "failed", reason, retry: false });
  }
}
