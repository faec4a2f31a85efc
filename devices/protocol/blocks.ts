// A block: some inferences of one network in a row, timed as one sample. All inferences of a load but the first ones run here.
import type { RunningNetwork } from "../runtimes/runtime.ts";
import { blockMs } from "./profiles.ts";

/** A network that takes part in rounds. */
export interface BlockNetwork {
  /** In the request. */
  index: number;
  running: Pick<RunningNetwork, "infer">;
  /** Inferences in a block. */
  runs: number;
}

/** One network could not infer any more; the others may go on. */
export class NetworkFailure extends Error {
  override name = "NetworkFailure";
  constructor(readonly index: number, reason: string) {
    super(reason);
  }
}

export interface BlockTimer {
  /** Times one block, in milliseconds for all its runs. NetworkFailure if an inference throws. */
  time(network: BlockNetwork): Promise<number>;
  /** Counts inferences that run elsewhere. */
  count(inferences: number): void;
  inferences(): number;
}

const restEveryMs = 25;
const mostRuns = 100_000;

/** What an error says, in one line of at most 500 characters. */
export function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim();
  return text.slice(0, 500) || "failed without a reason";
}

/**
 * Times blocks; lets the event loop turn between them about every 25 ms, and asks `checkpoint` before each, which throws to
 * end the load.
 */
export function createBlockTimer({ clock, rest, checkpoint }: {
  clock: () => number;
  /** May also tell somebody that this device still lives: it runs between blocks. */
  rest: () => Promise<void>;
  checkpoint: () => void;
}): BlockTimer {
  let inferences = 0;
  let restedAtMs = clock();
  return {
    async time({ index, running, runs }) {
      if (clock() - restedAtMs > restEveryMs) {
        await rest();
        restedAtMs = clock();
      }
      checkpoint();
      inferences += runs;
      try {
        const startMs = clock();
        for (let run = 0; run < runs; run++) await running.infer();
        return clock() - startMs;
      } catch (error) {
        throw new NetworkFailure(index, reasonOf(error));
      }
    },
    count: (more) => void (inferences += more),
    inferences: () => inferences,
  };
}

/** How many inferences of `inferenceMs` make a block on a clock that ticks every `tickMs`. */
export function runsPerBlock(inferenceMs: number, tickMs: number): number {
  return Math.min(mostRuns, Math.max(1, Math.ceil(blockMs(tickMs) / inferenceMs)));
}
