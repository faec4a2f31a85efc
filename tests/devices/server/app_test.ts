import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Hono } from "hono";
import { createApp } from "../../../devices/server/app.ts";
import type { Assets } from "../../../devices/server/assets.ts";
import { createRegistry } from "../../../devices/server/registry.ts";
import { PROTOCOL, type RawMeasurement } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

const host = "127.0.0.1:7411";
const page = "page number one";
const assets: Assets = new Map([["/", { bytes: new TextEncoder().encode("<!doctype html>"), type: "text/html" }]]);
const job = { architecture: tinyArchitecture, runtime: "tfjs-wasm" as const, seed: 1 };
const measurement: RawMeasurement = {
  protocol: PROTOCOL,
  samplesMs: [1, 2],
  warmupRuns: 1,
  coldStartMs: 1,
  checkLogits: [1],
  backend: "tfjs wasm",
  flags: [],
};

function createServer() {
  const registry = createRegistry();
  return { registry, app: createApp({ registry, assets, port: 7411, pollWaitMs: 20 }) };
}

interface PostOptions {
  cookie?: string;
  origin?: string | null;
  host?: string;
}

/** Posts as a browser on the page would, unless `options` say otherwise. */
async function post(app: Hono, path: string, body: unknown, options: PostOptions = {}) {
  const headers = new Headers({ "Content-Type": "application/json", "Host": options.host ?? host });
  if (options.origin !== null) headers.set("Origin", options.origin ?? `http://${host}`);
  if (options.cookie) headers.set("Cookie", options.cookie);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await app.request(path, { method: "POST", headers, body: text });
}

async function errorOf(response: Response): Promise<string> {
  return (await response.json()).error;
}

/** Pairs a browser called `name`; gives its cookie. */
async function pairBrowser({ app, registry }: ReturnType<typeof createServer>, name: string): Promise<string> {
  const response = await post(app, "/api/pair", { token: registry.expect(name).token, page });
  assertEquals(response.status, 200);
  assertEquals(await response.json(), { name });
  return (response.headers.get("Set-Cookie") ?? "").split(";")[0];
}

Deno.test("the page is served isolated, under a strict content security policy", async () => {
  const { app } = createServer();
  const response = await app.request("/", { headers: { Host: host } });
  assertEquals([response.status, response.headers.get("Content-Type")], [200, "text/html"]);
  assertEquals(await response.text(), "<!doctype html>");
  assertStringIncludes(response.headers.get("Content-Security-Policy") ?? "", "script-src 'self' 'wasm-unsafe-eval';");
  assertEquals(response.headers.get("Cross-Origin-Opener-Policy"), "same-origin");
  assertEquals(response.headers.get("Cross-Origin-Embedder-Policy"), "require-corp");
  assertEquals(response.headers.get("X-Content-Type-Options"), "nosniff");
  assertEquals(response.headers.get("Access-Control-Allow-Origin"), null);
});

Deno.test("a token is exchanged for a session cookie that scripts and other sites cannot use", async () => {
  const { app, registry } = createServer();
  const response = await post(app, "/api/pair", { token: registry.expect("phone").token, page });
  assertMatch(
    response.headers.get("Set-Cookie") ?? "",
    /^nacre_session_7411=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  assertEquals(response.headers.get("Cache-Control"), "no-store");
});

Deno.test("a used token pairs no second browser, but its own browser may show it again", async () => {
  const { app, registry } = createServer();
  const { token } = registry.expect("phone");
  const first = await post(app, "/api/pair", { token, page });
  const cookie = (first.headers.get("Set-Cookie") ?? "").split(";")[0];
  const second = await post(app, "/api/pair", { token, page });
  assertEquals(second.status, 403);
  assertStringIncludes(await errorOf(second), "used by another browser");
  const again = await post(app, "/api/pair", { token, page: "page number two" }, { cookie });
  assertEquals([again.status, again.headers.get("Set-Cookie")], [200, null]);
});

Deno.test("an unknown token, and one that was replaced, pair nothing", async () => {
  const { app, registry } = createServer();
  const { token } = registry.expect("phone");
  registry.expect("phone");
  for (const wrong of [token, "x"]) {
    const response = await post(app, "/api/pair", { token: wrong, page });
    assertEquals(response.status, 403);
    assertStringIncludes(await errorOf(response), "not valid any more");
  }
});

Deno.test("pairing anew ends the earlier session of that device, and no other", async () => {
  const server = createServer();
  const laptop = await pairBrowser(server, "laptop");
  const old = await pairBrowser(server, "phone");
  const renewed = await pairBrowser(server, "phone");
  const statuses = [laptop, old, renewed].map(async (cookie) =>
    (await post(server.app, "/api/session", { page }, { cookie })).status
  );
  assertEquals(await Promise.all(statuses), [200, 401, 200]);
});

Deno.test("a reloaded page goes on with its cookie", async () => {
  const server = createServer();
  const cookie = await pairBrowser(server, "phone");
  const response = await post(server.app, "/api/session", { page: "page number two" }, { cookie });
  assertEquals(await response.json(), { name: "phone" });
  const superseded = await post(server.app, "/api/jobs/next", { page, hidden: false }, { cookie });
  assertEquals(superseded.status, 409);
  assertStringIncludes(await errorOf(superseded), "another tab");
});

Deno.test("without a session there are no jobs", async () => {
  const { app } = createServer();
  for (const cookie of [undefined, "nacre_session_7411=wrong"]) {
    const response = await post(app, "/api/jobs/next", { page, hidden: false }, { cookie });
    assertEquals(response.status, 401);
    assertStringIncludes(await errorOf(response), "not paired");
  }
});

Deno.test("another host is refused, by whatever name it came", async () => {
  const { app, registry } = createServer();
  const { token } = registry.expect("phone");
  const foreign = { host: "evil.example:7411", origin: "http://evil.example:7411" };
  const response = await post(app, "/api/pair", { token, page }, foreign);
  assertEquals(response.status, 421);
  assertStringIncludes(await errorOf(response), 'host "evil.example:7411" is not served here');
  assertEquals((await app.request("/", { headers: { Host: "127.0.0.1:80" } })).status, 421);
});

Deno.test("a POST from another origin, or from none, is refused and does not use up the token", async () => {
  const { app, registry } = createServer();
  const { token } = registry.expect("phone");
  for (const origin of ["http://evil.example", "http://127.0.0.1:7412", "https://127.0.0.1:7411", "null", null]) {
    const response = await post(app, "/api/pair", { token, page }, { origin });
    assertEquals(response.status, 403, String(origin));
    assertStringIncludes(await errorOf(response), "may not post here");
  }
  assertEquals((await post(app, "/api/pair", { token, page })).status, 200);
});

Deno.test("a job goes out and its result comes back, once", async () => {
  const server = createServer();
  const cookie = await pairBrowser(server, "phone");
  const idle = await post(server.app, "/api/jobs/next", { page, hidden: false }, { cookie });
  assertEquals(idle.status, 204);
  const submitted = server.registry.expect("phone").browser.queue.submit(job, { deadlineMs: 5000 });
  const { id, ...rest } = await (await post(server.app, "/api/jobs/next", { page, hidden: false }, { cookie })).json();
  assertEquals(rest, job);
  const path = `/api/jobs/${id}/result`;
  for (let times = 0; times < 2; times++) {
    const response = await post(server.app, path, { outcome: "measured", measurement }, { cookie });
    assertEquals([response.status, await response.json()], [200, { accepted: true }]);
  }
  assertEquals(await submitted, measurement);
});

Deno.test("a result for an unknown job, or for that of another browser, is refused and does not count", async () => {
  const server = createServer();
  const phone = await pairBrowser(server, "phone");
  const laptop = await pairBrowser(server, "laptop");
  const submitted = server.registry.expect("phone").browser.queue.submit(job, { deadlineMs: 5000 });
  const { id } = await (await post(server.app, "/api/jobs/next", { page, hidden: false }, { cookie: phone })).json();
  const forged = { outcome: "measured", measurement: { ...measurement, samplesMs: [0.001] } };
  for (const [cookie, name] of [[laptop, id], [phone, crypto.randomUUID()]]) {
    const response = await post(server.app, `/api/jobs/${name}/result`, forged, { cookie });
    assertEquals(response.status, 404);
    assertStringIncludes(await errorOf(response), "is not one of this browser");
  }
  await post(server.app, `/api/jobs/${id}/result`, { outcome: "measured", measurement }, { cookie: phone });
  assertEquals(await submitted, measurement);
});

Deno.test("a result that does not fit the schema is refused with the place that is wrong", async () => {
  const server = createServer();
  const cookie = await pairBrowser(server, "phone");
  const refusals: [unknown, RegExp][] = [
    [{ outcome: "measured", measurement: { ...measurement, samplesMs: [-1] } }, /body\.measurement\.samplesMs\.0: /],
    [{ outcome: "measured", measurement: { ...measurement, protocol: "other" } }, /body\.measurement\.protocol: /],
    [{ outcome: "measured", measurement, more: 1 }, /more/],
    [{ outcome: "guessed" }, /body\.outcome: /],
  ];
  for (const [body, message] of refusals) {
    const response = await post(server.app, "/api/jobs/1/result", body, { cookie });
    assertEquals(response.status, 400);
    assertMatch(await errorOf(response), message);
  }
  const broken = await post(server.app, "/api/jobs/1/result", "{", { cookie });
  assertEquals(broken.status, 400);
  assertMatch(await errorOf(broken), /JSON/);
});

Deno.test("20,000 samples fit into a result, a larger body is refused", async () => {
  const server = createServer();
  const cookie = await pairBrowser(server, "phone");
  const many = { ...measurement, samplesMs: new Array(20_000).fill(0.7549999952316284) };
  const fits = await post(server.app, "/api/jobs/1/result", { outcome: "measured", measurement: many }, { cookie });
  assertEquals(fits.status, 404, "read and understood: only the job is unknown");
  const oversized = await post(server.app, "/api/jobs/1/result", `"${"x".repeat(1_000_000)}"`, { cookie });
  assertEquals(oversized.status, 413);
  assertStringIncludes(await errorOf(oversized), "larger than 1000000 bytes");
});

Deno.test("a page that asks after the end is told that it is over", async () => {
  const server = createServer();
  const cookie = await pairBrowser(server, "phone");
  const polled = post(server.app, "/api/jobs/next", { page, hidden: false }, { cookie });
  // One turn of the event loop, so that the poll waits before the registry closes.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await server.registry.close();
  const response = await polled;
  assertEquals(response.status, 410);
  assert((await errorOf(response)).includes("can be closed"));
});
