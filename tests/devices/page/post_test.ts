import { assertEquals, assertRejects } from "@std/assert";
import { post, RefusedError, ServerGoneError } from "../../../devices/page/post.ts";
import { fakeLine } from "./fake_line.ts";

Deno.test("an answer is given as it came", async () => {
  const { line, requests, lost } = fakeLine(() => Response.json({ name: "phone" }));
  assertEquals(await post(line, "/api/session", '{"page":"p"}', { headers: { "Nacre-Signature": "s" } }), {
    name: "phone",
  });
  assertEquals(requests[0].body, { page: "p" });
  assertEquals(requests[0].headers.get("Nacre-Signature"), "s");
  assertEquals(requests[0].headers.get("Content-Type"), "application/json");
  assertEquals(lost, [null]);
});

Deno.test("a refusal carries status and sentence and is not repeated", async () => {
  const { line, requests } = fakeLine(() => Response.json({ error: "not paired" }, { status: 401 }));
  const error = await assertRejects(() => post(line, "/api/session", "{}"), RefusedError, "not paired");
  assertEquals(error.status, 401);
  assertEquals(requests.length, 1);
});

Deno.test("a refusal without a sentence gets one", async () => {
  const { line } = fakeLine(() => new Response("<html>", { status: 404 }));
  await assertRejects(() => post(line, "/api/x", "{}"), RefusedError, "status 404");
});

Deno.test("a server that is away or overloaded is asked again, with growing pauses", async () => {
  const answers = [
    () => Promise.reject(new TypeError("connection refused")),
    () => new Response("", { status: 503 }),
    () => Response.json({ error: "slow down" }, { status: 429 }),
    () => new Response("{broken"),
    ...Array.from({ length: 3 }, () => () => Promise.reject(new TypeError("connection refused"))),
    () => Response.json({ ok: true }),
  ];
  const { line, pausesMs, lost } = fakeLine(() => answers.shift()!());
  assertEquals(await post(line, "/api/x", "{}"), { ok: true });
  assertEquals(pausesMs, [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  assertEquals(lost, [1, 2, 4, 8, 15, 15, 15, null]);
});

Deno.test("a server that stays away is given up after half an hour", async () => {
  const { line, pausesMs } = fakeLine(() => Promise.reject(new TypeError("connection refused")));
  await assertRejects(() => post(line, "/api/x", "{}"), ServerGoneError);
  assertEquals(Math.round(pausesMs.reduce((sum, pause) => sum + pause, 0) / 60_000), 29);
});

Deno.test("an aborted request ends with the signal's reason, also while the server is away", async () => {
  const abort = new AbortController();
  const { line } = fakeLine(() => {
    abort.abort(new Error("the page was hidden"));
    return Promise.reject(new TypeError("connection refused"));
  });
  await assertRejects(() => post(line, "/api/x", "{}", { signal: abort.signal }), Error, "the page was hidden");
});
