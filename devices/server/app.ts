import { Hono } from "hono";
import type { ZodType } from "zod";
import {
  bodyLimitBytes,
  chunkSchema,
  pairRequestSchema,
  pollRequestSchema,
  reportSchema,
  sessionRequestSchema,
  signedText,
} from "../protocol/wire.ts";
import type { Assets } from "./assets.ts";
import type { Audit } from "./audit.ts";
import type { Fleet, FleetDevice } from "./fleet.ts";
import { type AppContext, type AppEnvironment, readBody, refuse, sameHost, securityHeaders } from "./guards.ts";
import type { Job, JobLease } from "./job.ts";
import type { AnswerResult } from "./job_queue.ts";
import type { ClaimResult, Pairings } from "./pairing.ts";
import { createRateLimit } from "./rate_limit.ts";
import { hashOf } from "./secrets.ts";
import { serveAsset, serveModelFile } from "./serve_asset.ts";
import { sessionCookie } from "./session_cookie.ts";
import { verifies } from "./signature.ts";

export interface AppDependencies {
  fleet: Fleet;
  pairings: Pairings;
  assets: Assets;
  audit: Audit;
  /** Milliseconds, monotonic. */
  now: () => number;
  /** Host names and addresses under which it is reached, without port. */
  hosts: readonly string[];
  port: number;
  protocol: "http:" | "https:";
  /** Path -> file that phones install, for instance the certificate of the authority. */
  installs?: ReadonlyMap<string, { body: string | Uint8Array<ArrayBuffer>; type: string }>;
  /** How long a poll waits for a job. Default 20 s. */
  pollWaitMs?: number;
  /** Lines for people. */
  log?: (line: string) => void;
}

const unknownLink = "this link is not valid any more: open the one that the terminal shows now";
const timeOver = "this job's time was over: it is given out again";
const notPaired = "this browser is not paired: open the link that the terminal shows";

/** The server's routes: the page with its files, pairing, and the jobs of paired browsers. */
export function createApp(dependencies: AppDependencies): Hono<AppEnvironment> {
  const { fleet, pairings, assets, audit, now, hosts, port, protocol, installs, pollWaitMs = 20_000 } = dependencies;
  const cookie = sessionCookie({ port, protocol });
  // Pages load some ten files each; strangers may ask for little besides, devices for what they do.
  const requests = createRateLimit({ burst: 400, perSecond: 50, now });
  const strangers = createRateLimit({ burst: 40, perSecond: 5, now });
  const devices = createRateLimit({ burst: 100, perSecond: 20, now });
  const addressOf = (c: AppContext) => c.env?.address ?? "unknown";
  const app = new Hono<AppEnvironment>();

  app.onError((error, c) => {
    // Its message may speak of this machine, which is none of a stranger's business.
    dependencies.log?.(`the server failed at ${c.req.path}: ${error.message}`);
    return refuse(c, 500, "the server failed at this; its terminal says how");
  });
  app.notFound((c) => refuse(c, 404, `nothing at ${c.req.path.slice(0, 200)}`));
  app.use(async (c, next) => {
    await next();
    const refusal = c.get("refusal");
    if (refusal === undefined) return;
    const { record } = c.get("device") ?? {};
    const path = c.req.path.slice(0, 200);
    const address = addressOf(c);
    audit("rejected request", { device: record?.name, address, path, status: c.res.status, reason: refusal });
  });
  app.use(securityHeaders);
  // Before anything else is looked at: whatever is refused below costs something, too.
  app.use(async (c, next) => {
    const session = cookie.read(c);
    const device = session === undefined ? undefined : fleet.deviceOf(session);
    if (device) {
      c.set("device", device);
      fleet.seenAt(device, addressOf(c));
    }
    if (!mayAsk(c, device)) return refuse(c, 429, "too many requests: slow down");
    await next();
  });
  app.use(sameHost({ hosts: hosts.map((name) => new URL(`${protocol}//${name}:${port}`).host), protocol }));

  for (const [path, asset] of assets) app.get(path, (c) => serveAsset(c, asset));
  for (const [path, { body, type }] of installs ?? []) {
    app.get(path, (c) => c.body(body, 200, { "Content-Type": type }));
  }

  /** Many devices may share an address, so each is counted by itself. */
  function mayAsk(c: AppContext, device: FleetDevice | undefined): boolean {
    if (!device) return requests(addressOf(c));
    if (c.req.method === "POST") return devices(device.record.id);
    // A model may have thousands of files: its lease is what limits these.
    return c.req.path.startsWith("/models/") || requests(device.record.id);
  }

  /** The device whose cookie the request carries; a refusal where there is none. */
  function paired(c: AppContext): FleetDevice | Response {
    const device = c.get("device");
    if (device) return device;
    return strangers(addressOf(c)) ? refuse(c, 401, notPaired) : refuse(c, 429, "too many requests: slow down");
  }

  /** The body by `schema`, with its bytes; a refusal with the first problem, in one line, where it does not fit. */
  async function parsed<Value>(
    c: AppContext,
    schema: ZodType<Value>,
  ): Promise<{ value: Value; bytes: Uint8Array<ArrayBuffer>; text: string } | Response> {
    const bytes = await readBody(c.req.raw, { limit: bodyLimitBytes });
    if (!bytes) return refuse(c, 413, `the body is larger than ${bodyLimitBytes} bytes`);
    let text: string;
    let json: unknown;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      json = JSON.parse(text);
    } catch {
      return refuse(c, 400, "the body is not JSON");
    }
    const result = schema.safeParse(json);
    if (result.success) return { value: result.data, bytes, text };
    const { path, message } = result.error.issues[0];
    return refuse(c, 400, `body${path.map((part) => `.${String(part)}`).join("")}: ${message}`.slice(0, 300));
  }

  function answerClaim(c: AppContext, result: ClaimResult): Response {
    switch (result.kind) {
      case "asked":
        return c.json({ state: "asked", name: result.name, code: result.code });
      case "paired":
        cookie.write(c, result.session);
        return c.json({ state: "paired", name: result.name });
      case "refused":
        return c.json({ state: "refused" });
      case "unknown":
        return refuse(c, 403, unknownLink);
      case "used":
        return refuse(c, 403, "this link was used by another browser already; each link pairs one browser");
      case "forged":
        return refuse(c, 403, "the signature is not one of the key that came with it");
      default:
        throw new Error(`no such result: ${result satisfies never}`);
    }
  }

  for (const [path, may] of [["/api/pair", "claim"], ["/api/pair/status", "look"]] as const) {
    app.post(path, async (c) => {
      const address = addressOf(c);
      if (!strangers(address)) return refuse(c, 429, "too many requests: slow down");
      const body = await parsed(c, pairRequestSchema);
      if (body instanceof Response) return body;
      const session = cookie.read(c);
      const former = session === undefined ? undefined : fleet.deviceOf(session);
      const userAgent = (c.req.header("User-Agent") ?? "unknown browser").slice(0, 500);
      return answerClaim(c, await pairings.claim(body.value, { userAgent, address, former, may }));
    });
  }

  app.post("/api/session", async (c) => {
    const device = paired(c);
    if (device instanceof Response) return device;
    const body = await parsed(c, sessionRequestSchema);
    if (body instanceof Response) return body;
    fleet.claim(device, body.value.page);
    const session = cookie.read(c);
    if (session !== undefined) cookie.write(c, session);
    return c.json({ name: device.record.name, lan: protocol === "https:" });
  });

  app.post("/api/jobs/next", async (c) => {
    const device = paired(c);
    if (device instanceof Response) return device;
    const body = await parsed(c, pollRequestSchema);
    if (body instanceof Response) return body;
    const result = await device.queue.poll(body.value, { waitMs: pollWaitMs, signal: c.req.raw.signal });
    switch (result.kind) {
      case "lease": {
        const { job: { id, request, requestHash }, lease: { nonce, expiresAt } } = result;
        const lease = JSON.stringify({ job: id, nonce, requestHash, expiresAt }).slice(0, -1);
        // The request goes out as it is stored: nothing is parsed or written anew.
        const text = `{"kind":"lease","lease":${lease},"request":${request}}}`;
        return c.body(text, 200, { "Content-Type": "application/json" });
      }
      case "none":
      case "reload":
        return c.json({ kind: result.kind });
      // Expected ends: not for the audit log.
      case "superseded":
        return c.json({ error: "Nacre is open in another tab of this browser, and that one measures" }, 409);
      case "closed":
        return c.json({ error: "Nacre has finished; this page can be closed" }, 410);
      case "revoked":
        return c.json({ error: "this browser's pairing was ended: open a new link to pair it again" }, 401);
      default:
        throw new Error(`no such result: ${result satisfies never}`);
    }
  });

  function signed<Value extends { nonce: string }>(
    path: string,
    schema: ZodType<Value>,
    accept: (
      device: FleetDevice,
      lease: { job: Job; lease: JobLease },
      body: Value & { sha256: string; body: string },
    ) => AnswerResult,
    answer: (expiresAt: number) => object,
  ): void {
    app.post(path, async (c) => {
      const device = paired(c);
      if (device instanceof Response) return device;
      const body = await parsed(c, schema);
      if (body instanceof Response) return body;
      const job = c.req.param("job") ?? "";
      const { nonce } = body.value;
      const claimed = device.queue.leaseState(job, nonce);
      if (claimed.kind === "unknown") return refuse(c, 404, "this job is not one of this browser");
      if (claimed.kind === "expired") return refuse(c, 410, timeOver);
      const { requestHash } = claimed.kind === "current" ? claimed.job : claimed.spent;
      const sha256 = hashOf(body.bytes);
      const text = signedText(c.req.path, { job, nonce, requestHash }, sha256);
      const key = await device.key.catch(() => null);
      if (!key || !await verifies(key, c.req.header("Nacre-Signature") ?? "", text)) {
        return refuse(c, 403, "the signature does not fit what it came with");
      }
      // The same body may have come twice at once, and the other one have been accepted meanwhile.
      const state = device.queue.leaseState(job, nonce);
      if (state.kind === "unknown" || state.kind === "expired") return refuse(c, 410, timeOver);
      if (state.kind === "spent") {
        if (state.spent.sha256 === sha256) return c.json(answer(Math.round(now())));
        return refuse(c, 409, "this job was reported already");
      }
      const result = accept(device, state, { ...body.value, sha256, body: body.text });
      if (result.kind === "accepted") return c.json(answer(Math.round(result.expiresAt)));
      return refuse(c, result.kind === "conflict" ? 409 : 410, result.reason);
    });
  }
  signed(
    "/api/jobs/:job/samples",
    chunkSchema,
    ({ queue }, lease, chunk) => queue.acceptChunk(lease, chunk),
    (expiresAt) => ({ expiresAt }),
  );
  signed(
    "/api/jobs/:job/report",
    reportSchema,
    ({ queue }, lease, report) => queue.acceptReport(lease, report),
    () => ({ accepted: true }),
  );

  app.get("/models/:sha256", async (c) => {
    const device = paired(c);
    if (device instanceof Response) return device;
    const path = device.queue.fileOf(c.req.param("sha256"));
    if (path === undefined) return refuse(c, 404, "this file is not one of this browser's job");
    device.queue.extendLease();
    const response = await serveModelFile(c, path, () => device.queue.extendLease());
    return response ?? refuse(c, 404, "this file is not on the server's disk any more");
  });

  return app;
}
