// Keeps the screen on while Nacre is at work: a phone that goes to sleep stops measuring.

export type WakeLockState = "held" | "refused" | "absent";

/** What the page must offer; the browser drops the lock whenever the page is hidden. */
export interface WakeLockPlace {
  wakeLock: Pick<WakeLock, "request"> | undefined;
  page: Pick<Document, "addEventListener"> & { readonly hidden: boolean };
  /** Told of each change. */
  onChange: (state: WakeLockState) => void;
}

export interface ScreenKeeper {
  readonly state: WakeLockState;
  /** Asks for the lock; some browsers grant it only out of a tap. */
  keepAwake(): Promise<void>;
  /** Lets the screen go off again. */
  letGo(): void;
}

/** Holds the screen awake from the first `keepAwake` to `letGo`, and again each time the page comes back to the front. */
export function createScreenKeeper({ wakeLock, page, onChange }: WakeLockPlace): ScreenKeeper {
  let state: WakeLockState = wakeLock ? "refused" : "absent";
  let sentinel: WakeLockSentinel | undefined;
  let wanted = false;
  let asking: Promise<void> | undefined;

  const change = (next: WakeLockState) => {
    state = next;
    onChange(next);
  };

  const ask = async (lock: Pick<WakeLock, "request">) => {
    try {
      const held = await lock.request("screen");
      if (!wanted) return void held.release();
      sentinel = held;
      held.addEventListener("release", () => {
        if (sentinel !== held) return;
        sentinel = undefined;
        change("refused");
      });
      change("held");
    } catch {
      // Low battery, a setting, or a tap wanted: the button stays.
      change("refused");
    }
  };

  const keepAwake = async () => {
    wanted = true;
    if (!wakeLock) return change("absent");
    if (sentinel || page.hidden) return;
    asking ??= ask(wakeLock).finally(() => asking = undefined);
    await asking;
  };

  page.addEventListener("visibilitychange", () => {
    if (wanted && !page.hidden) void keepAwake();
  });

  return {
    get state() {
      return state;
    },
    keepAwake,
    letGo() {
      wanted = false;
      const held = sentinel;
      sentinel = undefined;
      if (wakeLock) state = "refused";
      void held?.release();
    },
  };
}
