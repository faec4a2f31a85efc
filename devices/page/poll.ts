// Asks for the next job, as long as it takes, and keeps the page's claim to be the one that gets jobs.
import type { Lease } from "../protocol/wire.ts";
import { nextJob, openSession } from "./api.ts";
import { type Line, RefusedError } from "./post.ts";

export interface PollPage {
  line: Line;
  /** Random name of this load of the page. */
  page: string;
  /** Told with each change between waiting in front and being hidden. */
  onWait: (hidden: boolean) => void;
  /** Whether nothing was measured since this page was loaded. */
  fresh: () => boolean;
  /** Whether the server was out of reach since this was last asked: it may have been started anew meanwhile. */
  takeLost: () => boolean;
  document: Pick<Document, "hidden" | "addEventListener" | "removeEventListener">;
}

/** A server that answers "none" at once is not asked at once again. */
const pauseMs = 1000;

/** The next job, or "reload" where there is one that wants a fresh page. Rejects as `post` does. */
export async function waitForJob(poll: PollPage, crashed: string | undefined): Promise<Lease | "reload"> {
  let told = crashed;
  for (;;) {
    const change = new AbortController();
    const onChange = () => change.abort();
    poll.document.addEventListener("visibilitychange", onChange);
    const { hidden } = poll.document;
    poll.onWait(hidden);
    try {
      const request = { page: poll.page, hidden, fresh: poll.fresh(), ...told && { crashed: told } };
      const askedAt = performance.now();
      const answer = await nextJob(poll.line, request, change.signal);
      told = undefined;
      if (answer.kind === "lease") return answer.lease;
      if (answer.kind === "reload") return "reload";
      if (performance.now() - askedAt < pauseMs) await poll.line.pause(pauseMs, change.signal);
    } catch (error) {
      const restarted = error instanceof RefusedError && error.status === 409 && poll.takeLost();
      if (restarted) await openSession(poll.line, poll.page);
      else if (!change.signal.aborted || error instanceof RefusedError) throw error;
    } finally {
      poll.document.removeEventListener("visibilitychange", onChange);
    }
  }
}
