import { getCookie, setCookie } from "hono/cookie";
import type { AppContext } from "./guards.ts";

// Outlives the browser, so that one that was closed comes back without a new link; each new session renews it.
const lifetimeSeconds = 90 * 86_400;

export interface SessionCookie {
  read(c: AppContext): string | undefined;
  write(c: AppContext, session: string): void;
}

/**
 * The cookie of paired browsers, HttpOnly and SameSite=Strict. Cookies ignore ports, so the name tells apart hubs on one
 * machine. `__Host-` needs Secure, which browsers grant to http://127.0.0.1 too; Safari alone does not, and gets a plain
 * name there (never over the network: that is HTTPS only).
 */
export function sessionCookie({ port, protocol }: { port: number; protocol: "http:" | "https:" }): SessionCookie {
  const plain = `nacre-${port}`;
  return {
    read(c) {
      return getCookie(c, plain, "host") ?? (protocol === "http:" ? getCookie(c, plain) : undefined);
    },
    write(c, session) {
      const userAgent = c.req.header("User-Agent") ?? "";
      const safari = /Safari\//.test(userAgent) && !/(Chrome|Chromium|Android)\//.test(userAgent);
      const options = { httpOnly: true, sameSite: "Strict", path: "/", maxAge: lifetimeSeconds } as const;
      if (protocol === "http:" && safari) setCookie(c, plain, session, options);
      else setCookie(c, plain, session, { ...options, secure: true, prefix: "host" });
    },
  };
}
