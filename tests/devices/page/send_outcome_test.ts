import { assertEquals, assertRejects } from "@std/assert";
import { sampleReport } from "../../../bench/device_server/sample_load.ts";
import type { JobOutcome } from "../../../devices/page/api.ts";
import { createKey } from "../../../devices/page/key_store.ts";
import { RefusedError } from "../../../devices/page/post.ts";
import { sendOutcome } from "../../../devices/page/send_outcome.ts";
import { fakeLine } from "./fake_line.ts";
import { fakeRequest } from "./fake_request.ts";

const lease = {
  job: crypto.randomUUID(),
  nonce: "n".repeat(22),
  requestHash: "0".repeat(64),
  expiresAt: 0,
  request: fakeRequest(),
};
const { privateKey } = await createKey();
const measured: JobOutcome = { outcome: "measured", report: sampleReport(7) };

/** A server that answers the first report with `status`, and takes any later one. */
function server(status: number) {
  let first = true;
  return fakeLine(() => {
    const refuses = first && status !== 200;
    first = false;
    return refuses ? Response.json({ error: "the body is too large" }, { status }) : Response.json({ accepted: true });
  });
}

Deno.test("a report that the server cannot take ends the job as a failure that another attempt would share", async () => {
  for (const status of [400, 413]) {
    const { line, requests } = server(status);
    const failed = { outcome: "failed", reason: "its report was refused: the body is too large", retry: false };
    assertEquals(await sendOutcome(line, privateKey, lease, { chunks: 3, outcome: measured }), failed as JobOutcome);
    assertEquals(requests.map(({ body }) => [body.chunks, body.outcome.outcome]), [[3, "measured"], [3, "failed"]]);
    assertEquals(requests[1].body.outcome, failed);
  }
});

Deno.test("a report that is taken, or that comes too late, is sent once", async () => {
  const { line, requests } = server(200);
  assertEquals(await sendOutcome(line, privateKey, lease, { chunks: 3, outcome: measured }), measured);
  assertEquals(requests.length, 1);
  for (const status of [403, 409, 410]) {
    const late = server(status);
    await assertRejects(
      () => sendOutcome(late.line, privateKey, lease, { chunks: 3, outcome: measured }),
      RefusedError,
    );
    assertEquals(late.requests.length, 1);
  }
  const failing = server(413);
  const failed: JobOutcome = { outcome: "failed", reason: "no", retry: true };
  await assertRejects(() => sendOutcome(failing.line, privateKey, lease, { chunks: 0, outcome: failed }), RefusedError);
  assertEquals(failing.requests.length, 1);
});
