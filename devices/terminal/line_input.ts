/** Lines that a person types. */
export interface LineInput {
  /**
   * The next line; of several callers the newest gets it, since it asked last. Undefined once the input has ended; rejects
   * with the signal's reason when aborted.
   */
  next(signal?: AbortSignal): Promise<string | undefined>;
}

/** Reads lines from `input`, from the first call of `next` on; `onLine` is told of each, also where nobody waits. */
export function createLineInput(input: ReadableStream<Uint8Array>, onLine: () => void = () => {}): LineInput {
  const waiting: ((line: string | undefined) => void)[] = [];
  let ended = false;
  let reading = false;

  async function read(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    try {
      for await (const bytes of input) {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          onLine();
          waiting.pop()?.(line.replace(/\r$/, ""));
        }
      }
    } finally {
      ended = true;
      for (const resolve of waiting.splice(0)) resolve(undefined);
    }
  }

  return {
    async next(signal) {
      signal?.throwIfAborted();
      if (ended) return undefined;
      if (!reading) {
        reading = true;
        // A terminal that went away is an end like any other.
        read().catch(() => {});
      }
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
      waiting.push(resolve);
      const abort = () => {
        waiting.splice(waiting.indexOf(resolve), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await promise;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
  };
}
