// The listener by which other programs of the same user share this hub. On loopback, on a port of its own, so that no page
// reaches it: a browser would send an Origin, and knows no secret.
import { DeviceGoneError } from "../device.ts";
import { TooManyLinksError } from "../hub.ts";
import { nextChange, resultOf } from "./await_job.ts";
import { type ControlBody, type ControlPath, type ControlRefusalKind, controlSchemas } from "./control_wire.ts";
import type { Fleet } from "./fleet.ts";
import { readBody } from "./guards.ts";
import type { Link, Pairings } from "./pairing.ts";
import { createSecret, sameSecret } from "./secrets.ts";
import { createOwners, type Owners } from "./owners.ts";
import { shutDown } from "./start_server.ts";

export interface ControlDependencies {
  fleet: Fleet;
  pairings: Pairings;
  /** Opens a link; gives it with its URL. */
  open(options: { name?: string; owner?: string }): { link: Link; url: string; fingerprint?: string };
  revoke(name: string, owner: string): boolean;
  now: () => number;
}

export interface Control {
  url: string;
  secret: string;
  /** Whether other programs share the hub. */
  shared(): boolean;
  close(): Promise<void>;
}

const loopback = "127.0.0.1";
const waitMs = 15_000;
/** A requester that has not asked for so long is gone, and its job waits until somebody wants it again. */
const requesterMs = 30_000;
/** A request with many architectures is large. */
const bodyLimitBytes = 20_000_000;

type Handlers = { [Path in ControlPath]: (body: ControlBody<Path>, signal: AbortSignal) => unknown };

/** What a caller may have done wrong. */
class UnknownJobError extends Error {
  override name = "UnknownJobError";
}

function createHandlers(
  { fleet, pairings, open, revoke, now }: ControlDependencies,
  owners: Owners,
): Handlers {
  return {
    "/join": ({ owner }) => (owners.heard(owner), null),
    "/devices": () => fleet.lasting(),
    "/pair": ({ owner, name, temporary }) => {
      owners.heard(owner);
      const { link, ...where } = open({ name, owner: temporary ? owner : undefined });
      return { id: link.id, expiresAt: link.expiresAt, ...where };
    },
    "/pair/next": ({ id, index }, signal) =>
      pairings.link(id)?.state(index, { waitMs, signal }) ?? { state: "expired" },
    // A link ends with its hub, and this may be the next one.
    "/pair/approve": ({ id, code }) => pairings.link(id)?.approve(code) ?? false,
    "/pair/refuse": ({ id }) => (pairings.link(id)?.refuse(), null),
    "/approve": ({ code }) => pairings.approve(code),
    "/revoke": ({ name, owner }) => revoke(name, owner),
    "/load": ({ waitMs, ...order }) => {
      owners.heard(order.owner);
      fleet.order({ ...order, waitMs: waitMs ?? Infinity, until: now() + requesterMs });
      return null;
    },
    "/load/next": async ({ id, name, activity }, signal) => {
      const job = fleet.job(id);
      if (!job) throw new UnknownJobError(`job ${id} is not known`);
      const keep = () => {
        if (job.requester) job.requester.until = now() + requesterMs;
      };
      keep();
      const deadline = now() + waitMs;
      while (!job.outcome && fleet.activity(job) === activity && now() < deadline && !signal.aborted) {
        await nextChange(job, { waitMs: deadline - now(), signal });
      }
      keep();
      if (!job.outcome) return { activity: fleet.activity(job) };
      return { load: resultOf(fleet, job, name) };
    },
    "/load/end": ({ id }) => {
      const job = fleet.job(id);
      if (job) fleet.forget(job);
      return null;
    },
    "/leave": ({ owner }) => {
      owners.end(owner);
      return null;
    },
  };
}

function refusal(error: unknown): Response {
  const message = error instanceof Error ? error.message : String(error);
  const kind: ControlRefusalKind | undefined = error instanceof DeviceGoneError
    ? "gone"
    : error instanceof TooManyLinksError
    ? "too-many-links"
    : error instanceof RangeError
    ? "range"
    : error instanceof UnknownJobError
    ? "unknown-job"
    : undefined;
  return Response.json({ error: message, kind }, { status: 422 });
}

/** Starts to listen. */
export function startControl(dependencies: ControlDependencies): Control {
  const secret = createSecret();
  const owners = createOwners(dependencies);
  const handlers = createHandlers(dependencies, owners);
  const stopped = new AbortController();
  const host = () => `${loopback}:${server.addr.port}`;

  async function handle(request: Request): Promise<Response> {
    const { headers, method } = request;
    if (headers.get("Host") !== host() || headers.has("Origin")) return new Response(null, { status: 403 });
    if (!sameSecret(headers.get("Authorization") ?? "", `Bearer ${secret}`)) return new Response(null, { status: 401 });
    const { pathname } = new URL(request.url);
    if (method !== "POST" || !Object.hasOwn(controlSchemas, pathname)) return new Response(null, { status: 404 });
    const path = pathname as ControlPath;
    try {
      const bytes = await readBody(request, { limit: bodyLimitBytes });
      if (!bytes) throw new Error(`the request is larger than ${bodyLimitBytes} bytes`);
      const body = controlSchemas[path].parse(JSON.parse(new TextDecoder().decode(bytes)));
      const signal = AbortSignal.any([request.signal, stopped.signal]);
      // The schema of a path gives the body of its handler.
      const run = handlers[path] as (body: unknown, signal: AbortSignal) => unknown;
      return Response.json(await run(body, signal));
    } catch (error) {
      return refusal(error);
    }
  }

  const server = Deno.serve({ hostname: loopback, port: 0, onListen: () => {} }, handle);
  return {
    url: `http://${host()}/`,
    secret,
    shared: owners.any,
    async close() {
      stopped.abort();
      owners.close();
      await shutDown(server);
    },
  };
}
