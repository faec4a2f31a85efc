import { assert, assertEquals, assertRejects } from "@std/assert";
import { createJobQueue, type JobQueue, type Presence } from "../../../devices/server/job_queue.ts";
import { type MeasureJob, PROTOCOL, type RawMeasurement } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

const job = { architecture: tinyArchitecture, runtime: "tfjs-wasm" as const, seed: 1 };
const raw: RawMeasurement = {
  protocol: PROTOCOL,
  samplesMs: [1],
  warmupRuns: 1,
  coldStartMs: 1,
  checkLogits: [],
  backend: "",
  flags: [],
};
const deadlineMs = 5000;

/** A queue with an open page; closes it after `fn`. */
async function withQueue(fn: (queue: JobQueue) => Promise<void>, leaseMs = 5000): Promise<void> {
  const queue = createJobQueue({ name: "phone", leaseMs, absentAfterMs: 0 });
  queue.claim("page 1");
  try {
    await fn(queue);
  } finally {
    await queue.close();
  }
}

async function nextJob(queue: JobQueue, page = "page 1"): Promise<MeasureJob> {
  const result = await queue.poll(page, { hidden: false, waitMs: 1000 });
  if (result.kind !== "job") throw new Error(`got ${result.kind} instead of a job`);
  return result.job;
}

Deno.test("a job goes to the page that waits for it, and its answer back", () =>
  withQueue(async (queue) => {
    const polled = nextJob(queue);
    const submitted = queue.submit(job, { deadlineMs });
    const { id, ...rest } = await polled;
    assertEquals(rest, job);
    assertEquals(queue.answer(id, { outcome: "measured", measurement: raw }), "accepted");
    assertEquals(await submitted, raw);
  }));

Deno.test("an answer that comes twice counts once", () =>
  withQueue(async (queue) => {
    const submitted = [queue.submit(job, { deadlineMs }), queue.submit(job, { deadlineMs })];
    const { id } = await nextJob(queue);
    const answer = (coldStartMs: number) =>
      queue.answer(id, { outcome: "measured", measurement: { ...raw, coldStartMs } });
    assertEquals([answer(1), answer(2)], ["accepted", "accepted"]);
    assertEquals((await submitted[0]).coldStartMs, 1);
    const second = await nextJob(queue);
    assert(second.id !== id);
    assertEquals(queue.answer(second.id, { outcome: "measured", measurement: raw }), "accepted");
    await submitted[1];
  }));

Deno.test("an answer after the lease expired is refused, and the job given out again", () =>
  withQueue(async (queue) => {
    const submitted = queue.submit(job, { deadlineMs });
    const late = await nextJob(queue);
    // The lease of 20 ms runs out while the next poll waits for the job. The poll itself would end it, too.
    await new Promise((resolve) => setTimeout(resolve, 40));
    assertEquals(queue.answer(late.id, { outcome: "measured", measurement: raw }), "expired");
    const again = await nextJob(queue);
    assertEquals(queue.answer(again.id, { outcome: "measured", measurement: raw }), "accepted");
    assertEquals(await submitted, raw);
  }, 20));

Deno.test("a page that asks again has lost its job and gets it again", () =>
  withQueue(async (queue) => {
    const submitted = queue.submit(job, { deadlineMs });
    const first = await nextJob(queue);
    const second = await nextJob(queue);
    assertEquals(queue.answer(first.id, { outcome: "measured", measurement: raw }), "expired");
    assertEquals(queue.answer(second.id, { outcome: "measured", measurement: raw }), "accepted");
    await submitted;
  }));

Deno.test("a job that fails three times is rejected with the device's reason", () =>
  withQueue(async (queue) => {
    const rejected = assertRejects(
      () => queue.submit(job, { deadlineMs }),
      Error,
      'device "phone": the GPU is gone (3 attempts)',
    );
    for (let attempt = 0; attempt < 3; attempt++) {
      queue.answer((await nextJob(queue)).id, { outcome: "failed", reason: "the GPU is gone" });
    }
    await rejected;
  }));

Deno.test("a measurement of a hidden page is repeated, and given as it is when there is no other", () =>
  withQueue(async (queue) => {
    const hidden = { ...raw, flags: ["hidden-page"] };
    const submitted = queue.submit(job, { deadlineMs });
    for (let attempt = 0; attempt < 3; attempt++) {
      queue.answer((await nextJob(queue)).id, { outcome: "measured", measurement: hidden });
    }
    assertEquals(await submitted, hidden);
  }));

Deno.test("a hidden page gets no job until it asks as a visible one", () =>
  withQueue(async (queue) => {
    const submitted = queue.submit(job, { deadlineMs });
    assertEquals(await queue.poll("page 1", { hidden: true, waitMs: 20 }), { kind: "none" });
    queue.answer((await nextJob(queue)).id, { outcome: "measured", measurement: raw });
    await submitted;
  }));

Deno.test("a newer load of the page takes over, with the job the older one held", () =>
  withQueue(async (queue) => {
    const submitted = queue.submit(job, { deadlineMs });
    const held = await nextJob(queue);
    queue.claim("page 2");
    assertEquals(await queue.poll("page 1", { hidden: false, waitMs: 1000 }), { kind: "superseded" });
    assertEquals(queue.answer(held.id, { outcome: "measured", measurement: raw }), "expired");
    queue.answer((await nextJob(queue, "page 2")).id, { outcome: "measured", measurement: raw });
    assertEquals(await submitted, raw);
  }));

Deno.test("a job waits for an absent page, says so, and ends at its deadline", () =>
  withQueue(async (queue) => {
    const told: Presence[] = [];
    await assertRejects(
      () => queue.submit(job, { deadlineMs: 1200, onPresence: (presence) => told.push(presence) }),
      Error,
      'device "phone": no measurement within 1.2 s; its page is absent',
    );
    assertEquals(told, ["absent"]);
    assertEquals(await queue.poll("page 1", { hidden: false, waitMs: 10 }), { kind: "none" });
  }));

Deno.test("an aborted job is given to nobody", () =>
  withQueue(async (queue) => {
    const controller = new AbortController();
    const rejected = assertRejects(
      () => queue.submit(job, { deadlineMs, signal: controller.signal }),
      Error,
      "enough",
    );
    controller.abort(new Error("enough"));
    await rejected;
    assertEquals(await queue.poll("page 1", { hidden: false, waitMs: 10 }), { kind: "none" });
  }));

Deno.test("close() rejects what waits and ends polls", () =>
  withQueue(async (queue) => {
    const poll = queue.poll("page 1", { hidden: true, waitMs: 1000 });
    const rejected = assertRejects(() => queue.submit(job, { deadlineMs }), Error, 'device "phone" is closed');
    await queue.close();
    assertEquals(await poll, { kind: "closed" });
    await rejected;
    await assertRejects(() => queue.submit(job, { deadlineMs }), Error, 'device "phone" is closed');
  }));
