// How the page speaks with its server. A server that cannot be reached is tried again, with growing pauses.
import type { ZodType } from "zod";
import type { MeasureJob } from "../../src/schemas/measurement.ts";
import { type JobAnswer, jobSchema, refusalSchema, sessionSchema } from "../protocol/wire.ts";

/** The server said no; the message is for people. */
export class RefusedError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Told about each pause, in seconds, while the server cannot be reached, and with null once it answers again. */
export type OnLost = (pauseSeconds: number | null) => void;

const firstPauseSeconds = 1;
const longestPauseSeconds = 15;
const attempts = 60;
const requestDeadlineMs = 40_000;

/** Random name of this load of the page. */
const page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
  "",
);

async function post(path: string, body: unknown, onLost: OnLost, signal?: AbortSignal): Promise<Response> {
  const text = JSON.stringify(body);
  let pauseSeconds = firstPauseSeconds;
  for (let attemptsLeft = attempts;;) {
    try {
      const deadline = AbortSignal.timeout(requestDeadlineMs);
      const response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: text,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      onLost(null);
      if (response.ok) return response;
      const refusal = refusalSchema.safeParse(await response.json().catch(() => null));
      throw new RefusedError(
        response.status,
        refusal.data?.error ?? `the server answered with status ${response.status}`,
      );
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      signal?.throwIfAborted();
      if (--attemptsLeft === 0) throw new Error("Nacre cannot be reached. Reload this page once it runs again.");
      onLost(pauseSeconds);
      await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
      pauseSeconds = Math.min(pauseSeconds * 2, longestPauseSeconds);
    }
  }
}

async function parsed<Value>(response: Response, schema: ZodType<Value>): Promise<Value> {
  return schema.parse(await response.json());
}

/** Exchanges the link's token for a session; gives the device's name. */
export async function pair(token: string, onLost: OnLost): Promise<string> {
  return (await parsed(await post("/api/pair", { token, page }, onLost), sessionSchema)).name;
}

/** Takes up the session this browser has from before; gives the device's name. */
export async function resumeSession(onLost: OnLost): Promise<string> {
  return (await parsed(await post("/api/session", { page }, onLost), sessionSchema)).name;
}

/** The next job, or null if there was none for a while or the page came to the front or went from it. */
export async function nextJob(onLost: OnLost): Promise<MeasureJob | null> {
  const change = new AbortController();
  const abort = () => change.abort();
  document.addEventListener("visibilitychange", abort);
  try {
    const response = await post("/api/jobs/next", { page, hidden: document.hidden }, onLost, change.signal);
    return response.status === 204 ? null : await parsed(response, jobSchema);
  } catch (error) {
    if (change.signal.aborted) return null;
    throw error;
  } finally {
    document.removeEventListener("visibilitychange", abort);
  }
}

/** Sends the answer to a job. */
export async function sendAnswer(id: string, answer: JobAnswer, onLost: OnLost): Promise<void> {
  await post(`/api/jobs/${encodeURIComponent(id)}/result`, answer, onLost);
}
