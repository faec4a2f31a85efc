// Ends work that can no longer end by itself: the GPU is gone, or the runtime does not answer any more.

const lookEveryMs = 5000;

export interface Watch {
  /** Something went on. */
  progress(): void;
  /** How long nothing may go on from now on, in milliseconds. */
  allow(patienceMs: number): void;
  /** Throws once the watch has ended the work, so that what is left of it stops. */
  checkpoint(): void;
  /** `work`, or a rejection as soon as `lost` settles or nothing goes on. */
  guard<T>(work: Promise<T>): Promise<T>;
}

/** A watch; `patienceMs` until `allow` says otherwise. */
export function createWatch({ lost, patienceMs }: { lost?: Promise<string>; patienceMs: number }): Watch {
  let allowedMs = patienceMs;
  let quietMs = 0;
  let ended: Error | undefined;
  return {
    progress: () => void (quietMs = 0),
    allow(patienceMs) {
      allowedMs = patienceMs;
      quietMs = 0;
    },
    checkpoint() {
      if (ended) throw ended;
    },
    async guard(work) {
      let timer: ReturnType<typeof setInterval> | undefined;
      const end = new Promise<never>((_resolve, reject) => {
        function stop(message: string): void {
          ended ??= new Error(message);
          reject(ended);
        }
        // Counts its own turns: a timer that is late because the thread was busy must not count as silence.
        timer = setInterval(() => {
          quietMs += lookEveryMs;
          if (quietMs > allowedMs) stop(`The runtime has not answered for ${Math.round(allowedMs / 1000)} s`);
        }, lookEveryMs);
        lost?.then((reason) => stop(`The GPU was lost: ${reason}`));
      });
      // What is left behind may still reject later on.
      work.catch(() => {});
      try {
        return await Promise.race([work, end]);
      } finally {
        clearInterval(timer);
      }
    },
  };
}
