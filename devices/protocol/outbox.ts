// Rounds on their way from the load to whoever takes them, in pieces that fit the server's limit on a request.

const sendEveryMs = 2000;
/** Without rounds: shorter than the lease of a job, which each piece moves on. */
const lifeEveryMs = 10_000;
const lookEveryMs = 2000;
/** Of a piece as JSON; the rest of 256 KB is for what surrounds it. */
const pieceBytes = 200_000;

export interface Outbox {
  /** Sends `rounds` from index `sent()` up to `end` (exclusive) if the last time was 2 s ago, or at once with `force`. */
  offer(rounds: readonly number[][], end: number, options?: { force?: boolean }): Promise<void>;
  /** Sends a sign of life if nothing was sent for 10 s. */
  live(): Promise<void>;
  /** Does `work` that says nothing by itself, and sends signs of life meanwhile; rejects when one is refused. */
  liveDuring<Value>(work: Promise<Value>): Promise<Value>;
  /** Begins with another series of rounds. */
  restart(): void;
  /** Of the present series. */
  sent(): number;
  /** Of all series. */
  total(): number;
}

/** Milliseconds to the nearest 10 ns, so that they are short as JSON; positive. */
export function shortMs(ms: number): number {
  return Math.max(1, Math.round(ms * 1e5)) / 1e5;
}

/** An outbox that hands pieces to `onRounds`, one after the other. */
export function createOutbox(onRounds: (rounds: number[][]) => Promise<void>, clock: () => number): Outbox {
  let sent = 0;
  let total = 0;
  let sentAtMs = clock();

  async function send(piece: number[][]): Promise<void> {
    await onRounds(piece);
    sent += piece.length;
    total += piece.length;
    sentAtMs = clock();
  }

  async function live(): Promise<void> {
    if (clock() - sentAtMs >= lifeEveryMs) await send([]);
  }

  return {
    async offer(rounds, end, { force = false } = {}) {
      if (!force && clock() - sentAtMs < sendEveryMs) return;
      if (sent >= end) return await live();
      let piece: number[][] = [];
      let bytes = 0;
      for (const round of rounds.slice(sent, end)) {
        const more = JSON.stringify(round).length + 1;
        if (bytes + more > pieceBytes) {
          await send(piece);
          piece = [];
          bytes = 0;
        }
        piece.push(round);
        bytes += more;
      }
      await send(piece);
    },
    live,
    async liveDuring(work) {
      await live();
      let timer: ReturnType<typeof setInterval> | undefined;
      let telling: Promise<void> = Promise.resolve();
      const refused = new Promise<never>((_resolve, reject) => {
        timer = setInterval(() => {
          telling = telling.then(live);
          telling.catch(reject);
        }, lookEveryMs);
      });
      // What is left behind may still reject later on.
      work.catch(() => {});
      try {
        return await Promise.race([work, refused]);
      } finally {
        clearInterval(timer);
        await telling.catch(() => {});
      }
    },
    restart: () => void (sent = 0),
    sent: () => sent,
    total: () => total,
  };
}
