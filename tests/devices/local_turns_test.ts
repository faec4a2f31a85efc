import { assertEquals, assertRejects } from "@std/assert";
import { createLocalTurns } from "../../devices/local_turns.ts";

/** Work that ends when the test says so, and what happened so far. */
function recorder() {
  const events: string[] = [];
  const work = (name: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = async () => {
      events.push(`${name} begins`);
      await promise;
      events.push(`${name} ends`);
      return name;
    };
    return { run, end: resolve };
  };
  return { events, work };
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("turns follow each other in the order in which they were asked for", async () => {
  const turns = createLocalTurns();
  const { events, work } = recorder();
  const [a, b, c] = ["a", "b", "c"].map(work);
  const all = Promise.all([turns(a.run), turns(b.run), turns(c.run)]);
  c.end();
  b.end();
  await tick();
  assertEquals(events, ["a begins"]);
  a.end();
  assertEquals(await all, ["a", "b", "c"]);
  assertEquals(events, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

Deno.test("a turn that fails does not hold up the next one", async () => {
  const turns = createLocalTurns();
  const failed = turns(() => Promise.reject(new Error("broken")));
  const next = turns(() => Promise.resolve("next"));
  await assertRejects(() => failed, Error, "broken");
  assertEquals(await next, "next");
});

Deno.test("who gives up waiting leaves at once, and those behind still wait for those before", async () => {
  const turns = createLocalTurns();
  const { events, work } = recorder();
  const [a, b, c] = ["a", "b", "c"].map(work);
  const controller = new AbortController();
  const first = turns(a.run);
  const second = turns(b.run, controller.signal);
  const third = turns(c.run);
  controller.abort(new Error("interrupted"));
  await assertRejects(() => second, Error, "interrupted");
  await tick();
  assertEquals(events, ["a begins"]);
  a.end();
  c.end();
  await Promise.all([first, third]);
  assertEquals(events, ["a begins", "a ends", "c begins", "c ends"]);
  await assertRejects(() => turns(b.run, controller.signal), Error, "interrupted");
});
