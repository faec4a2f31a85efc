import { zValidator } from "@hono/zod-validator";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import type { ZodType } from "zod";
import { jobAnswerSchema, pairRequestSchema, pollRequestSchema, sessionRequestSchema } from "../protocol/wire.ts";
import type { Assets } from "./assets.ts";
import { refuse, sameHost, securityHeaders } from "./guards.ts";
import type { PairedBrowser, Registry } from "./registry.ts";

export interface AppDependencies {
  registry: Registry;
  assets: Assets;
  /** Where the server listens: part of the allowed hosts and of the cookie's name, since cookies ignore ports. */
  port: number;
  /** How long a poll waits for a job. Default 20 s. */
  pollWaitMs?: number;
}

// 20,000 samples as JSON take about 400 kB.
const sessionSeconds = 30 * 86_400;
const bodyLimitBytes = 1_000_000;

/** Parses a JSON body strictly; refuses with the first problem, in one line. */
function body<Schema extends ZodType>(schema: Schema) {
  return zValidator("json", schema, (result, c) => {
    if (result.success) return;
    const { path, message } = result.error.issues[0];
    return refuse(c, 400, `body${path.map((part) => `.${String(part)}`).join("")}: ${message}`);
  });
}

/** The server's routes: the page with its files, pairing, and the jobs of paired browsers. */
export function createApp({ registry, assets, port, pollWaitMs = 20_000 }: AppDependencies): Hono {
  const cookieName = `nacre_session_${port}`;
  const app = new Hono();

  function browserOf(c: Context): PairedBrowser {
    const session = getCookie(c, cookieName);
    const browser = session && registry.browserOf(session);
    if (!browser) {
      throw new HTTPException(401, { message: "this browser is not paired: open the link that the terminal shows" });
    }
    return browser;
  }

  app.onError((error, c) => {
    if (!(error instanceof HTTPException)) return refuse(c, 500, error.message);
    return c.json({ error: error.message }, error.status);
  });
  app.notFound((c) => refuse(c, 404, `nothing at ${c.req.path}`));
  app.use(securityHeaders, sameHost(["127.0.0.1", "localhost"].map((name) => new URL(`http://${name}:${port}`).host)));
  app.use(bodyLimit({
    maxSize: bodyLimitBytes,
    onError: (c) => refuse(c, 413, `the body is larger than ${bodyLimitBytes} bytes`),
  }));

  for (const [path, { bytes, type }] of assets) app.get(path, (c) => c.body(bytes, 200, { "Content-Type": type }));

  app.post("/api/pair", body(pairRequestSchema), (c) => {
    const { token, page } = c.req.valid("json");
    const userAgent = (c.req.header("User-Agent") ?? "unknown browser").slice(0, 500);
    const result = registry.pair(token, { session: getCookie(c, cookieName), userAgent });
    switch (result.kind) {
      case "unknown":
        return refuse(c, 403, "this link is not valid any more: open the one that the terminal shows now");
      case "used":
        return refuse(c, 403, "this link was used by another browser already; each link pairs one browser");
      case "taken":
        return refuse(c, 403, `this browser is paired as "${result.name}" already; open the link in another browser`);
      case "paired":
        setCookie(c, cookieName, result.session, {
          httpOnly: true,
          sameSite: "Strict",
          path: "/",
          // Outlives the browser, so that one that was closed comes back without a new link.
          maxAge: sessionSeconds,
        });
        break;
      case "again":
        break;
      default:
        result satisfies never;
    }
    result.browser.queue.claim(page);
    return c.json({ name: result.browser.name });
  });

  app.post("/api/session", body(sessionRequestSchema), (c) => {
    const browser = browserOf(c);
    browser.queue.claim(c.req.valid("json").page);
    return c.json({ name: browser.name });
  });

  app.post("/api/jobs/next", body(pollRequestSchema), async (c) => {
    const { page, hidden } = c.req.valid("json");
    const result = await browserOf(c).queue.poll(page, { hidden, waitMs: pollWaitMs, signal: c.req.raw.signal });
    switch (result.kind) {
      case "job":
        return c.json(result.job);
      case "none":
        return c.body(null, 204);
      case "superseded":
        return refuse(c, 409, "Nacre is open in another tab of this browser, and that one measures");
      case "closed":
        return refuse(c, 410, "Nacre has finished; this page can be closed");
      default:
        throw new Error(`no such result: ${result satisfies never}`);
    }
  });

  app.post("/api/jobs/:id/result", body(jobAnswerSchema), (c) => {
    const id = c.req.param("id");
    const result = browserOf(c).queue.answer(id, c.req.valid("json"));
    switch (result) {
      case "accepted":
        return c.json({ accepted: true });
      case "expired":
        return refuse(c, 410, `job ${id} came too late: it was given out again`);
      case "unknown":
        return refuse(c, 404, `job ${id} is not one of this browser`);
      default:
        throw new Error(`no such result: ${result satisfies never}`);
    }
  });

  return app;
}
