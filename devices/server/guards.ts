// What every request must pass, and what every answer carries.
import type { Context, MiddlewareHandler } from "hono";
import type { FleetDevice } from "./fleet.ts";

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 421 | 429 | 500;

/** What the program around the app, and its middleware, tell the routes. */
export interface AppEnvironment {
  Bindings: { address?: string };
  Variables: {
    device?: FleetDevice;
    /** Why the request was refused, for the audit log. */
    refusal?: string;
  };
}

export type AppContext = Context<AppEnvironment>;

/** A refusal: one line for people, as JSON. */
export function refuse(c: AppContext, status: RefusalStatus, error: string): Response {
  c.set("refusal", error);
  return c.json({ error }, status);
}

/** Isolates the page (which also gives it a fine clock), and keeps answers of the API out of caches. */
export const securityHeaders: MiddlewareHandler<AppEnvironment> = async (c, next) => {
  await next();
  c.header("Content-Security-Policy", contentSecurityPolicy);
  c.header("Cross-Origin-Opener-Policy", "same-origin");
  c.header("Cross-Origin-Embedder-Policy", "require-corp");
  c.header("Cross-Origin-Resource-Policy", "same-origin");
  c.header("Referrer-Policy", "no-referrer");
  c.header("X-Content-Type-Options", "nosniff");
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
};

export interface SameHostOptions {
  /** As browsers write them, with their port. */
  hosts: readonly string[];
  /** "https:" for the local network. */
  protocol: "http:" | "https:";
}

/** Refuses other hosts (a page of another site whose name was pointed at this machine), and POSTs from other origins. */
export function sameHost({ hosts, protocol }: SameHostOptions): MiddlewareHandler<AppEnvironment> {
  const served = new Set(hosts);
  return async (c, next) => {
    const host = c.req.header("Host") ?? new URL(c.req.url).host;
    if (!served.has(host)) return refuse(c, 421, `host "${host.slice(0, 100)}" is not served here`);
    if (c.req.method === "POST") {
      const origin = c.req.header("Origin");
      if (origin !== `${protocol}//${host}`) {
        return refuse(c, 403, `origin "${(origin ?? "none").slice(0, 100)}" may not post here`);
      }
      if (c.req.header("Content-Type")?.split(";")[0].trim() !== "application/json") {
        return refuse(c, 415, "the body has to be application/json");
      }
    } else if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      return refuse(c, 405, `${c.req.method} is not used here`);
    }
    await next();
  };
}

/** The body, or null where it is longer than `limit` bytes, announced or not; what has come within `deadlineMs`. */
export async function readBody(
  request: Request,
  { limit, deadlineMs = 15_000 }: { limit: number; deadlineMs?: number },
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (Number(request.headers.get("Content-Length") ?? 0) > limit) return null;
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const timer = setTimeout(() => reader.cancel().catch(() => {}), deadlineMs);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } finally {
    clearTimeout(timer);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
