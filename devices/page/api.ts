// What the page asks its server, one function per route of devices/protocol/wire.ts.
import type { LoadReport } from "../../src/schemas/measurement.ts";
import {
  type Chunk,
  chunkAnswerSchema,
  type Lease,
  type PairAnswer,
  pairAnswerSchema,
  type PairRequest,
  type PollAnswer,
  pollAnswerSchema,
  type PollRequest,
  type Report,
  reportAnswerSchema,
  sessionSchema,
} from "../protocol/wire.ts";
import { type Line, post } from "./post.ts";
import { sign, signBody } from "./signing.ts";

/** The end of a job: what was measured, or why nothing was. */
export type JobOutcome =
  | { outcome: "measured"; report: LoadReport }
  | { outcome: "failed"; reason: string; retry: boolean };

/** Hands in a used-once token, or asks what became of it; the same body serves both. */
export async function askToPair(line: Line, route: "pair" | "pair/status", request: PairRequest): Promise<PairAnswer> {
  return pairAnswerSchema.parse(await post(line, `/api/${route}`, JSON.stringify(request)));
}

/** The text whose signature proves that a page owns the key it wants to be known by. */
export function signPairing(privateKey: CryptoKey, token: string): Promise<string> {
  return sign(privateKey, `pair\n${token}`);
}

/** Makes this load of the page the one that gets jobs; gives the name under which this browser is paired. */
export async function openSession(line: Line, page: string): Promise<{ name: string; lan: boolean }> {
  return sessionSchema.parse(await post(line, "/api/session", JSON.stringify({ page })));
}

/** Waits a while for a job. */
export async function nextJob(line: Line, request: PollRequest, signal: AbortSignal): Promise<PollAnswer> {
  return pollAnswerSchema.parse(await post(line, "/api/jobs/next", JSON.stringify(request), { signal }));
}

/** Sends one chunk; resolves when the server has it on disk. */
export async function sendChunk(line: Line, key: CryptoKey, lease: Lease, chunk: Chunk): Promise<void> {
  chunkAnswerSchema.parse(await postSigned(line, key, lease, `/api/jobs/${lease.job}/samples`, chunk));
}

/** Ends a job. */
export async function sendReport(line: Line, key: CryptoKey, lease: Lease, report: Report): Promise<void> {
  reportAnswerSchema.parse(await postSigned(line, key, lease, `/api/jobs/${lease.job}/report`, report));
}

async function postSigned(line: Line, key: CryptoKey, lease: Lease, path: string, value: unknown): Promise<unknown> {
  const body = JSON.stringify(value);
  return await post(line, path, body, { headers: { "Nacre-Signature": await signBody(key, path, lease, body) } });
}
