import { assert, assertEquals, assertRejects } from "@std/assert";
import { post, RefusedError, ServerGoneError } from "../../../devices/page/post.ts";
import { waitForServer } from "../../../devices/page/wait_for_server.ts";
import { fakeLine } from "./fake_line.ts";

/** Waits with a line whose pauses take no time but count. */
function waiting(answer: (elapsedMs: number) => Response | Promise<Response>) {
  let elapsedMs = 0;
  const { line } = fakeLine(() => answer(elapsedMs));
  const pause = (milliseconds: number) => {
    elapsedMs += milliseconds;
    return Promise.resolve();
  };
  const slow = { ...line, pause };
  const back = waitForServer(() => post(slow, "/api/session", "{}"), { pause, now: () => elapsedMs });
  return { back, elapsed: () => elapsedMs };
}

const hourMs = 3_600_000;
const gone = () => Promise.reject(new TypeError("connection refused"));
const finished = () => Response.json({ error: "Nacre has finished" }, { status: 410 });

Deno.test("a server that was finished, then away for longer than one request tries, is found when it is back", async () => {
  const { back, elapsed } = waiting((elapsedMs) => {
    if (elapsedMs < 60_000) return finished();
    return elapsedMs < 1.5 * hourMs ? gone() : Response.json({});
  });
  assertEquals(await back, true);
  assert(elapsed() < 1.5 * hourMs + 60_000, String(elapsed()));
});

Deno.test("after two hours the page no longer looks", async () => {
  for (const answer of [gone, finished]) {
    const { back, elapsed } = waiting(answer);
    assertEquals(await back, false);
    assert(elapsed() >= 2 * hourMs && elapsed() < 2.6 * hourMs, String(elapsed()));
  }
});

Deno.test("a refusal of another kind ends the wait", async () => {
  const { back } = waiting(() => Response.json({ error: "not paired" }, { status: 401 }));
  await assertRejects(() => back, RefusedError, "not paired");
  await assertRejects(
    () =>
      waitForServer(() => Promise.reject(new Error("odd")), {
        pause: () => Promise.resolve(),
        now: Date.now,
      }),
    Error,
    "odd",
  );
  assert(new ServerGoneError() instanceof Error);
});
