// What every request must pass, and what every answer carries.
import type { Context, MiddlewareHandler } from "hono";

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A refusal: one line for people, as JSON. */
export function refuse(
  c: Context,
  status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 421 | 500,
  error: string,
): Response {
  return c.json({ error }, status);
}

/** Isolates the page (which also gives it a fine clock), and keeps answers of the API out of caches. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("Content-Security-Policy", contentSecurityPolicy);
  c.header("Cross-Origin-Opener-Policy", "same-origin");
  c.header("Cross-Origin-Embedder-Policy", "require-corp");
  c.header("Cross-Origin-Resource-Policy", "same-origin");
  c.header("Referrer-Policy", "no-referrer");
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Cache-Control", c.req.path.startsWith("/api/") ? "no-store" : "no-cache");
};

/** Refuses hosts other than `hosts` (a page of another site whose name was pointed at this machine), and POSTs from other origins. */
export function sameHost(hosts: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("Host") ?? new URL(c.req.url).host;
    if (!hosts.includes(host)) return refuse(c, 421, `host "${host}" is not served here; allowed: ${hosts.join(", ")}`);
    const origin = c.req.header("Origin");
    if (c.req.method === "POST" && origin !== `http://${host}`) {
      return refuse(c, 403, `origin "${origin ?? "none"}" may not post here; allowed: http://${host}`);
    }
    await next();
  };
}
