import { assert, assertEquals, assertRejects } from "@std/assert";
import { createChunkSender, LeaseLostError } from "../../../devices/page/chunk_sender.ts";
import { createKey } from "../../../devices/page/key_store.ts";
import { chunkSchema, type Lease } from "../../../devices/protocol/wire.ts";
import { fakeLine } from "./fake_line.ts";
import { fakeRequest } from "./fake_request.ts";

const lease: Lease = {
  job: crypto.randomUUID(),
  nonce: "n".repeat(22),
  requestHash: "0".repeat(64),
  expiresAt: 0,
  request: fakeRequest(),
};
const { privateKey } = await createKey();

Deno.test("chunks are signed and numbered, each sent when the one before is kept", async () => {
  let open = 0;
  const { line, requests } = fakeLine(async () => {
    assertEquals(++open, 1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
    return Response.json({ expiresAt: 1 });
  });
  const sender = createChunkSender(line, privateKey, lease);
  await Promise.all([sender.send([[1, 2, 3]]), sender.send([]), sender.send([[4, 5, 6]])]);
  assertEquals(sender.sent, 3);
  assertEquals(requests.map(({ body }) => chunkSchema.parse(body).sequence), [0, 1, 2]);
  assertEquals(requests.map(({ body }) => body.rounds), [[[1, 2, 3]], [], [[4, 5, 6]]]);
  for (const { path, headers } of requests) {
    assertEquals(path, `/api/jobs/${lease.job}/samples`);
    assertEquals(headers.get("Nacre-Signature")?.length, 86);
  }
});

Deno.test("a chunk that the server could not be reached for is sent again as it was", async () => {
  let fails = 2;
  const { line, requests } = fakeLine(() =>
    fails-- > 0 ? Promise.reject(new TypeError("refused")) : Response.json({ expiresAt: 1 })
  );
  const sender = createChunkSender(line, privateKey, lease);
  await sender.send([[1, 2, 3]]);
  assertEquals(sender.sent, 1);
  assertEquals(requests.length, 3);
  assertEquals(requests[2].body, requests[0].body);
  assertEquals(requests[2].headers.get("Nacre-Signature"), requests[0].headers.get("Nacre-Signature"));
});

Deno.test("a refused chunk is the end of the lease: nothing is sent after it", async () => {
  const { line, requests } = fakeLine(() => Response.json({ error: "this job's time was over" }, { status: 410 }));
  const sender = createChunkSender(line, privateKey, lease);
  const first = sender.send([[1, 2, 3]]);
  const second = sender.send([[1, 2, 3]]);
  const error = await assertRejects(() => first, LeaseLostError, "time was over");
  assertEquals(error.refusal.status, 410);
  await assertRejects(() => second, LeaseLostError);
  assertEquals([sender.sent, requests.length], [0, 1]);
});

/** `what`, or an error where it does not come: a test that waits for ever says nothing. */
async function soon<Value>(what: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("nothing came within 10 s")), 10_000);
  try {
    return await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("work that says nothing is kept alive by empty chunks, and ended by a refused one", async () => {
  let accepts = true;
  const { promise: work, resolve: finish } = Promise.withResolvers<string>();
  const { line, requests } = fakeLine(() => {
    if (requests.length === 2) finish("done");
    return accepts ? Response.json({ expiresAt: 1 }) : Response.json({ error: "revoked" }, { status: 401 });
  });
  const sender = createChunkSender(line, privateKey, lease, 5);
  assertEquals(await soon(sender.aliveDuring(work)), "done");
  assert(sender.sent >= 2, `${sender.sent} signs of life`);
  assertEquals(requests.every(({ body }) => body.rounds.length === 0), true);
  assertEquals(sender.sent, requests.length);
  accepts = false;
  await assertRejects(() => soon(sender.aliveDuring(new Promise(() => {}))), LeaseLostError, "revoked");
});
