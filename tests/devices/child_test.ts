import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Child, createChild } from "../../devices/child.ts";

const deadlineMs = 20_000;

async function withChild(fn: (child: Child) => Promise<void>, script = "echo_child.ts"): Promise<void> {
  const child = createChild("echo", new URL(script, import.meta.url));
  try {
    await fn(child);
  } finally {
    await child.close();
  }
}

Deno.test("a child answers requests in order, in one process", () =>
  withChild(async (child) => {
    assertEquals(child.pid(), undefined);
    assertEquals(await Promise.all([1, "zwei", [3]].map((value) => child.request({ value }, { deadlineMs }))), [
      1,
      "zwei",
      [3],
    ]);
    const pid = child.pid();
    await child.request({ value: 0 }, { deadlineMs });
    assert(pid !== undefined && child.pid() === pid);
  }));

Deno.test("an error inside the child rejects the request and keeps the process", () =>
  withChild(async (child) => {
    await assertRejects(() => child.request({ fail: "no such layer" }, { deadlineMs }), Error, "echo: no such layer");
    assertEquals(await child.request({ value: 1 }, { deadlineMs }), 1);
  }));

Deno.test("a child that died between requests is replaced", () =>
  withChild(async (child) => {
    await child.request({ value: 1 }, { deadlineMs });
    const pid = child.pid();
    assert(pid !== undefined);
    Deno.kill(pid, "SIGKILL");
    assertEquals(await child.request({ value: 2 }, { deadlineMs }), 2);
    assert(child.pid() !== pid);
  }));

Deno.test("a child that always dies is asked twice and reported with what it printed", () =>
  withChild(async (child) => {
    await assertRejects(
      () => child.request({ die: "out of memory" }, { deadlineMs }),
      Error,
      "echo: its process ended with code 1: error: Uncaught",
    );
  }));

Deno.test("a child that does not answer in time is given up", () =>
  withChild(async (child) => {
    // The child would answer after a minute.
    await assertRejects(
      () => child.request({ hang: true }, { deadlineMs: 300 }),
      Error,
      "echo: no answer within 0.3 s",
    );
    assertEquals(child.pid(), undefined);
  }));

Deno.test("an aborted request ends the child at once", () =>
  withChild(async (child) => {
    const signal = AbortSignal.timeout(200);
    await assertRejects(() => child.request({ hang: true }, { deadlineMs, signal }), DOMException, "timeout");
    assertEquals(await child.request({ value: 5 }, { deadlineMs }), 5);
  }));

Deno.test("a child whose parent closes its stdin ends by itself", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("echo_child.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  await process.stdin.close();
  assertEquals((await process.status).code, 0);
});

Deno.test("what a child tells before it answers comes in order, and is a sign of life", () =>
  withChild(async (child) => {
    // That its process starts is a silence, too, of any length.
    await child.request({ value: 0 }, { deadlineMs });
    const tell = [1, { two: 2 }, [3], "four", 5, 6];
    const told: unknown[] = [];
    const answer = await child.request({ tell, everyMs: 600, value: "done" }, {
      // Less than it takes, far more than each silence.
      deadlineMs: 3200,
      onTold: (message) => told.push(message),
    });
    assertEquals([answer, told], ["done", tell]);
  }));

Deno.test("an error about what a child tells rejects the request, and the next one is not answered by the rest", () =>
  withChild(async (child) => {
    const refuse = () => {
      throw new Error("not that");
    };
    await assertRejects(
      () => child.request({ tell: [1, 2], everyMs: 50, value: 1 }, { deadlineMs, onTold: refuse }),
      Error,
      "not that",
    );
    assertEquals(await child.request({ value: 2 }, { deadlineMs }), 2);
  }));
