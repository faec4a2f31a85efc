// What programs of one user say to the hub that one of them serves: POSTs of JSON to 127.0.0.1 with a secret that only
// that user can read. Every refusal is `controlRefusalSchema`.
import * as z from "zod";
import { loadRequestSchema } from "../../src/schemas/measurement.ts";

/** Names the program that asks, for temporary pairings. */
const owner = z.string().regex(/^[a-z0-9-]{8,64}$/);
const deviceName = z.string().min(1).max(64);
const id = z.uuid();

/** Path -> body. */
export const controlSchemas = {
  /** The program shares the hub; said now and then, since one that is killed cannot say that it leaves. */
  "/join": z.strictObject({ owner }),
  "/devices": z.strictObject({}),
  "/pair": z.strictObject({ owner, name: deviceName.optional(), temporary: z.boolean() }),
  /** Waits for state number `index` of a pairing. */
  "/pair/next": z.strictObject({ id, index: z.int().min(0) }),
  "/pair/approve": z.strictObject({ id, code: z.string().max(20) }),
  "/pair/refuse": z.strictObject({ id }),
  "/approve": z.strictObject({ code: z.string().max(20) }),
  "/revoke": z.strictObject({ owner, name: deviceName }),
  /** Orders a load; the same id again takes up the same job, also with a hub that was started anew. */
  "/load": z.strictObject({
    id,
    owner,
    name: deviceName,
    request: loadRequestSchema,
    files: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string().max(4096)),
    /** Null: for ever. */
    waitMs: z.number().min(0).nullable(),
  }),
  /** Waits for a change of what is known as `activity`, and keeps the order alive. */
  "/load/next": z.strictObject({ id, name: deviceName, activity: z.string().nullable() }),
  /** The requester has what came of the job, or wants it no more. */
  "/load/end": z.strictObject({ id }),
  /** The program ends: so do its temporary pairings. */
  "/leave": z.strictObject({ owner }),
} as const;

export type ControlPath = keyof typeof controlSchemas;
export type ControlBody<Path extends ControlPath> = z.infer<typeof controlSchemas[Path]>;

const controlRefusalKinds = ["gone", "range", "too-many-links", "unknown-job"] as const;
export type ControlRefusalKind = typeof controlRefusalKinds[number];

export const controlRefusalSchema = z.object({
  error: z.string(),
  /** What the error is, where somebody catches it. */
  kind: z.enum(controlRefusalKinds).optional(),
});

export const pairingStateSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("asks"), name: z.string(), code: z.string(), description: z.string() }),
  z.object({ state: z.literal("paired"), name: z.string() }),
  z.object({ state: z.literal("refused") }),
  z.object({ state: z.literal("expired") }),
]);

/** Answers, by path. */
export const controlAnswers = {
  "/join": z.null(),
  "/devices": z.array(z.object({
    name: z.string(),
    description: z.string(),
    presence: z.enum(["measuring", "ready", "hidden", "absent"]),
    pairedAt: z.number(),
    lastSeenAt: z.number(),
    local: z.boolean().optional(),
  })),
  "/pair": z.object({ id, url: z.string(), expiresAt: z.number(), fingerprint: z.string().optional() }),
  "/pair/next": pairingStateSchema.nullable(),
  "/pair/approve": z.boolean(),
  "/pair/refuse": z.null(),
  "/approve": z.boolean(),
  "/revoke": z.boolean(),
  "/load": z.null(),
  /** The load was checked where it came in: it is not parsed again here. */
  "/load/next": z.union([z.object({ activity: z.string() }), z.object({ load: z.unknown() })]),
  "/load/end": z.null(),
  "/leave": z.null(),
} as const satisfies Record<ControlPath, z.ZodType>;
