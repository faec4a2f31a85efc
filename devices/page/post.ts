// One POST to the server. A server that cannot be reached, is overloaded or falls over is asked again, with growing pauses.
import { refusalSchema } from "../protocol/wire.ts";

/** The server said no; the message is its own sentence. */
export class RefusedError extends Error {
  override name = "RefusedError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The server stayed out of reach for about half an hour. */
export class ServerGoneError extends Error {
  override name = "ServerGoneError";
  constructor() {
    super("Nacre could not be reached for half an hour");
  }
}

/** What a POST needs of the page around it; a test gives its own. */
export interface Line {
  fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** Resolves after that time, earlier where there is a reason to look again (the page came back to the front). */
  pause: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Told of each pause, in seconds, while the server is out of reach, and with null once it answers again. */
  onLost: (pauseSeconds: number | null) => void;
}

const firstPauseSeconds = 1;
const longestPauseSeconds = 15;
const attempts = 120;
/** Above the time for which a poll is held open. */
const answerDeadlineMs = 40_000;
/** 408, 425, 429 and all of 500 speak of the moment, not of the request. */
const passing = (status: number) => status >= 500 || [408, 425, 429].includes(status);

/** Sends `body` (JSON) and gives the answer's JSON. RefusedError, ServerGoneError, or the signal's reason. */
export async function post(
  line: Line,
  path: string,
  body: string,
  { signal, headers = {} }: { signal?: AbortSignal; headers?: Record<string, string> } = {},
): Promise<unknown> {
  let pauseSeconds = firstPauseSeconds;
  for (let attemptsLeft = attempts; attemptsLeft > 0; attemptsLeft--) {
    signal?.throwIfAborted();
    const deadline = AbortSignal.timeout(answerDeadlineMs);
    try {
      const response = await line.fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      if (response.ok) {
        const answer: unknown = await response.json();
        line.onLost(null);
        return answer;
      }
      if (!passing(response.status)) {
        line.onLost(null);
        throw await refusal(response);
      }
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      signal?.throwIfAborted();
    }
    line.onLost(pauseSeconds);
    await line.pause(pauseSeconds * 1000, signal);
    pauseSeconds = Math.min(pauseSeconds * 2, longestPauseSeconds);
  }
  throw new ServerGoneError();
}

async function refusal(response: Response): Promise<RefusedError> {
  const parsed = refusalSchema.safeParse(await response.json().catch(() => null));
  return new RefusedError(response.status, parsed.data?.error ?? `the server answered with status ${response.status}`);
}
