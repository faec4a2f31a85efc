// What a probe page and its server say to each other. All are POSTs of JSON; every refusal is `refusalSchema`.
// Samples and reports are signed by the page's key over `signedText`, the signature in the header `Nacre-Signature`.
import * as z from "zod";
import { loadReportSchema, loadRequestSchema, roundsSchema } from "../../src/schemas/measurement.ts";

/** Random name of one load of a page: of several loads of one browser only the newest gets jobs. */
const pageSchema = z.string().min(8).max(64);
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** What paired browsers may be called. */
export const deviceNamePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** The page's public key: P-256, as a JWK without anything else. */
export const publicKeySchema = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: base64url.length(43),
  y: base64url.length(43),
});

/** POST /api/pair: a single-use token and the page's key, with the key's signature over the token. */
export const pairRequestSchema = z.strictObject({
  token: base64url.max(128),
  /** What the person calls this device; a link made for one name keeps that. */
  name: z.string().regex(deviceNamePattern).optional(),
  publicKey: publicKeySchema,
  /** Of the text `pair\n<token>`. */
  signature: base64url.max(128),
});

/** Its answer, and that of POST /api/pair/status with the same body: the session cookie comes with "paired". */
export const pairAnswerSchema = z.discriminatedUnion("state", [
  /** The operator has yet to approve; the terminal shows the same digits. Ask again in a second. */
  z.strictObject({ state: z.literal("asked"), name: z.string(), code: z.string().regex(/^\d{6}$/) }),
  z.strictObject({ state: z.literal("paired"), name: z.string() }),
  z.strictObject({ state: z.literal("refused") }),
]);

/** POST /api/session: a new load of a paired page; makes it the one that gets jobs. */
export const sessionRequestSchema = z.strictObject({ page: pageSchema });

/** Its answer. */
export const sessionSchema = z.strictObject({ name: z.string(), lan: z.boolean() });

/** POST /api/jobs/next: asks for a job, waiting a while for one. A page that asks holds none. */
export const pollRequestSchema = z.strictObject({
  page: pageSchema,
  /** A hidden page is alive but gets none. */
  hidden: z.boolean(),
  /** Nothing was measured since this page was loaded. */
  fresh: z.boolean(),
  /** The job in whose midst an earlier load of this page ended without a word: the tab crashed. */
  crashed: z.uuid().optional(),
});

/** A job, for a limited time: one load of a session. The nonce takes one report. */
export const leaseSchema = z.strictObject({
  job: z.uuid(),
  nonce: base64url.length(22),
  /** contentHash of `request`. */
  requestHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Milliseconds since 1970 on the server's clock; each accepted chunk moves it on, in the answer to it. */
  expiresAt: z.int(),
  request: loadRequestSchema,
});

/** Its answer. */
export const pollAnswerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("lease"), lease: leaseSchema }),
  z.strictObject({ kind: z.literal("none") }),
  /** There is a job, but this page measured before: load it again. */
  z.strictObject({ kind: z.literal("reload") }),
]);

/** POST /api/jobs/:job/samples (signed): rounds as they come. The same chunk twice is the same as once. */
export const chunkSchema = z.strictObject({
  nonce: base64url.length(22),
  sequence: z.int().min(0).max(10_000),
  rounds: roundsSchema,
});

/** Its answer. */
export const chunkAnswerSchema = z.strictObject({ expiresAt: z.int() });

/** POST /api/jobs/:job/report (signed): the end of a job. The same report twice is the same as once. */
export const reportSchema = z.strictObject({
  nonce: base64url.length(22),
  /** Number of chunks that belong to it. */
  chunks: z.int().min(0).max(10_001),
  outcome: z.discriminatedUnion("outcome", [
    z.strictObject({ outcome: z.literal("measured"), report: loadReportSchema }),
    /** `retry`: the reason lies in the page (hidden, GPU lost), so that another load of it may succeed. */
    z.strictObject({ outcome: z.literal("failed"), reason: z.string().min(1).max(500), retry: z.boolean() }),
  ]),
});

/** Its answer, for implausible reports too. */
export const reportAnswerSchema = z.strictObject({ accepted: z.literal(true) });

/** Body of every refusal. */
export const refusalSchema = z.object({ error: z.string() });

/** The largest body the server takes. */
export const bodyLimitBytes = 256 * 1024;

/** What a page signs (ECDSA P-256, SHA-256, 64 bytes r and s as base64url): a body for one lease and nothing else. */
export function signedText(
  path: string,
  lease: Pick<Lease, "job" | "nonce" | "requestHash">,
  bodySha256: string,
): string {
  return ["nacre/1", path, lease.job, lease.nonce, lease.requestHash, bodySha256].join("\n");
}

export type PublicKey = z.infer<typeof publicKeySchema>;
export type PairRequest = z.infer<typeof pairRequestSchema>;
export type PairAnswer = z.infer<typeof pairAnswerSchema>;
export type PollRequest = z.infer<typeof pollRequestSchema>;
export type PollAnswer = z.infer<typeof pollAnswerSchema>;
export type Lease = z.infer<typeof leaseSchema>;
export type Chunk = z.infer<typeof chunkSchema>;
export type Report = z.infer<typeof reportSchema>;
