import { assert, assertEquals, assertRejects } from "@std/assert";
import { createOutbox } from "../../../devices/protocol/outbox.ts";

Deno.test("an outbox splits what is too much for one request, and loses nothing", async () => {
  const pieces: number[][][] = [];
  const outbox = createOutbox((piece) => Promise.resolve(void pieces.push(piece)), () => 0);
  const rounds = Array.from(
    { length: 3000 },
    (_, round) => Array.from({ length: 34 }, (_, column) => round + column / 7),
  );
  await outbox.offer(rounds, rounds.length, { force: true });
  assert(pieces.length > 5 && pieces.every((piece) => JSON.stringify(piece).length <= 200_002));
  assertEquals(pieces.flat(), rounds);
  assertEquals(outbox.total(), 3000);
});

Deno.test("an outbox sends a sign of life where nothing was sent for 10 s", async () => {
  let nowMs = 0;
  const sentAt: number[] = [];
  const outbox = createOutbox(() => Promise.resolve(void sentAt.push(nowMs)), () => nowMs);
  for (; nowMs <= 35_000; nowMs += 500) await outbox.live();
  assertEquals(sentAt, [10_000, 20_000, 30_000]);
});

Deno.test("an outbox sends signs of life while others work, until one is refused", async () => {
  const real = globalThis.setInterval;
  // Looks every millisecond instead of every other second.
  globalThis.setInterval = ((work: () => void) => real(work, 1)) as typeof setInterval;
  let nowMs = 0;
  let signs = 0;
  try {
    const outbox = createOutbox(() => {
      if (++signs === 3) return Promise.reject(new Error("the lease is over"));
      return Promise.resolve();
    }, () => nowMs += 4000);
    assertEquals(await outbox.liveDuring(new Promise((resolve) => setTimeout(() => resolve(7), 0))), 7);
    await assertRejects(() => outbox.liveDuring(new Promise(() => {})), Error, "the lease is over");
  } finally {
    globalThis.setInterval = real;
  }
});
