import type { Line } from "./post.ts";

/** Resolves after that time, or as soon as the device is online again or the page comes back to the front. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      document.removeEventListener("visibilitychange", look);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const look = () => {
      if (!document.hidden) done();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    document.addEventListener("visibilitychange", look);
    signal?.addEventListener("abort", done);
  });
}

/** The page's own line to its server. */
export function browserLine(onLost: Line["onLost"]): Line {
  return {
    fetch: (path, init) => fetch(path, { ...init, credentials: "same-origin", cache: "no-store" }),
    pause,
    onLost,
  };
}
