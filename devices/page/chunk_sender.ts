// Sends the samples of one job, chunk by chunk: the next only when the server has the last one on disk.
import { sendChunk } from "./api.ts";
import { type Line, RefusedError } from "./post.ts";
import type { Lease } from "../protocol/wire.ts";

/** The job is no longer this page's: the lease ended, another tab took over, or the pairing is over. */
export class LeaseLostError extends Error {
  override name = "LeaseLostError";
  constructor(readonly refusal: RefusedError) {
    super(refusal.message);
  }
}

export interface ChunkSender {
  /** Chunks the server has. */
  readonly sent: number;
  /** Resolves once the chunk is kept; an empty one only moves the lease on. LeaseLostError when it is refused. */
  send(rounds: number[][]): Promise<void>;
  /** Does `work` that says nothing by itself and sends empty chunks meanwhile. LeaseLostError when one is refused. */
  aliveDuring<Value>(work: Promise<Value>): Promise<Value>;
}

const signOfLifeMs = 10_000;

export function createChunkSender(line: Line, key: CryptoKey, lease: Lease, everyMs = signOfLifeMs): ChunkSender {
  let sent = 0;
  let queue: Promise<void> = Promise.resolve();

  const sendNow = async (rounds: number[][]) => {
    try {
      await sendChunk(line, key, lease, { nonce: lease.nonce, sequence: sent, rounds });
      sent++;
    } catch (error) {
      throw error instanceof RefusedError ? new LeaseLostError(error) : error;
    }
  };
  const send = (rounds: number[][]) => {
    // After one that failed the next fails, too: no chunk may be missing in between.
    const next = queue.then(() => sendNow(rounds));
    queue = next;
    next.catch(() => {});
    return next;
  };

  return {
    get sent() {
      return sent;
    },
    send,
    async aliveDuring(work) {
      let timer: ReturnType<typeof setInterval> | undefined;
      const refused = new Promise<never>((_, reject) => {
        timer = setInterval(() => void send([]).catch(reject), everyMs);
      });
      try {
        return await Promise.race([work, refused]);
      } finally {
        clearInterval(timer);
        // A sign of life still under way would otherwise be counted by the server and not by the report.
        await queue.catch(() => {});
      }
    },
  };
}
