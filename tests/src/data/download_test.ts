import { assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { download } from "../../../src/data/download.ts";
import { DataUnavailableError } from "../../../src/data/source.ts";

/** Serves on a free port while `body` runs; `stopped` settles with it. */
async function withServer(
  handler: (request: Request, stopped: Promise<void>) => Response | Promise<Response>,
  body: (url: string) => Promise<void>,
): Promise<void> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => handler(request, stopped),
  );
  try {
    await body(`http://127.0.0.1:${server.addr.port}/a.gz`);
  } finally {
    stop();
    await server.shutdown();
  }
}

/** Sends one byte, then nothing until the test ends. */
function halfResponse(stopped: Promise<void>): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(Uint8Array.of(1));
        stopped.then(() => {
          try {
            controller.close();
          } catch { /* The client has gone, which closed it. */ }
        });
      },
    }),
  );
}

Deno.test("download gives the bytes and tells how far it is", async () => {
  const content = new Uint8Array(100_000).fill(5);
  await withServer(() => new Response(content), async (url) => {
    const progress: [number, number][] = [];
    const bytes = await download(url, { onProgress: (...counts) => progress.push(counts) });
    assertEquals(bytes, content);
    assertEquals(progress.at(-1), [100_000, 100_000]);
  });
});

Deno.test("download names the URL and the status of a refusal", async () => {
  await withServer(() => new Response("gone", { status: 404 }), async (url) => {
    const { message } = await assertRejects(() => download(url, { onProgress: () => {} }), DataUnavailableError);
    assertEquals(message, `${url}: HTTP status 404`);
  });
});

Deno.test("download gives up on a host that does not answer", async () => {
  await withServer((_request, stopped) => stopped.then(() => new Response("late")), async (url) => {
    await assertRejects(
      () => download(url, { onProgress: () => {}, connectMs: 50 }),
      DataUnavailableError,
      `${url}: no answer within 0.05 s`,
    );
  });
});

Deno.test("download gives up on a host that falls silent", async () => {
  await withServer((_request, stopped) => halfResponse(stopped), async (url) => {
    await assertRejects(
      () => download(url, { onProgress: () => {}, silenceMs: 50 }),
      DataUnavailableError,
      `${url}: silent for 0.05 s`,
    );
  });
});

Deno.test("download stops with the signal's reason", async () => {
  await withServer((_request, stopped) => halfResponse(stopped), async (url) => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const error = await assertRejects(() =>
      download(url, { onProgress: () => controller.abort(reason), signal: controller.signal })
    );
    assertStrictEquals(error, reason);
  });
});

Deno.test("download names a host that cannot be reached", async () => {
  // A port that was just free, so that nobody listens.
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const url = `http://127.0.0.1:${listener.addr.port}/a.gz`;
  listener.close();
  const { message } = await assertRejects(() => download(url, { onProgress: () => {} }), DataUnavailableError);
  assertEquals(message.split(url).length, 2, message);
  assertMatch(message, /connect/i);
});
