import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createWatch } from "../../../devices/protocol/watch.ts";

/** Runs `test` with intervals a thousand times as short. */
async function hurried(test: () => Promise<void>): Promise<void> {
  const real = globalThis.setInterval;
  globalThis.setInterval = ((work: () => void, ms: number) => real(work, ms / 1000)) as typeof setInterval;
  try {
    await test();
  } finally {
    globalThis.setInterval = real;
  }
}

Deno.test("a watch ends work that has not answered for too long, and what is left of it", () =>
  hurried(async () => {
    const watch = createWatch({ patienceMs: 10_000 });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silent = new Promise((resolve) => timer = setTimeout(resolve, 5000));
    await assertRejects(() => watch.guard(silent), Error, "The runtime has not answered for 10 s");
    clearTimeout(timer);
    assertThrows(() => watch.checkpoint(), Error, "has not answered");
  }));

Deno.test("a watch lets work go on that makes progress", () =>
  hurried(async () => {
    const watch = createWatch({ patienceMs: 50_000 });
    const work = async () => {
      for (let step = 0; step < 20; step++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        watch.progress();
      }
      return "done";
    };
    assertEquals(await watch.guard(work()), "done");
    watch.checkpoint();
  }));
