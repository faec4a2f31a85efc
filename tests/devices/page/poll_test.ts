import { assertEquals, assertRejects } from "@std/assert";
import { waitForJob } from "../../../devices/page/poll.ts";
import { RefusedError } from "../../../devices/page/post.ts";
import { pollRequestSchema } from "../../../devices/protocol/wire.ts";
import { fakeLine } from "./fake_line.ts";
import { fakeRequest } from "./fake_request.ts";

const page = "p".repeat(32);
const lease = {
  job: crypto.randomUUID(),
  nonce: "n".repeat(22),
  requestHash: "0".repeat(64),
  expiresAt: 5,
  request: fakeRequest(),
};

function fakeDocument() {
  return Object.assign(new EventTarget(), { hidden: false }) as unknown as Document & { hidden: boolean };
}

function pollOf(line: ReturnType<typeof fakeLine>["line"], { lost = false, document = fakeDocument() } = {}) {
  const waits: boolean[] = [];
  return {
    waits,
    poll: {
      line,
      page,
      document,
      fresh: () => true,
      takeLost: () => {
        const was = lost;
        lost = false;
        return was;
      },
      onWait: (hidden: boolean) => void waits.push(hidden),
    },
  };
}

Deno.test("a page asks until there is a job, and tells of a crash once", async () => {
  const answers = [{ kind: "none" }, { kind: "none" }, { kind: "lease", lease }];
  const { line, requests } = fakeLine(() => Response.json(answers.shift()));
  const crashed = crypto.randomUUID();
  assertEquals(await waitForJob(pollOf(line).poll, crashed), lease);
  const bodies = requests.map(({ body }) => pollRequestSchema.parse(body));
  assertEquals(bodies.map((body) => body.crashed), [crashed, undefined, undefined]);
  assertEquals(bodies[0], { page, hidden: false, fresh: true, crashed });
});

Deno.test("a server that wants a fresh page gets one", async () => {
  const { line } = fakeLine(() => Response.json({ kind: "reload" }));
  assertEquals(await waitForJob(pollOf(line).poll, undefined), "reload");
});

Deno.test("a page that is hidden while it waits says so at once, and when it is back", async () => {
  const document = fakeDocument();
  const change = (hidden: boolean) => {
    document.hidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  let asked = 0;
  const { line, requests } = fakeLine(() => {
    asked++;
    if (asked === 3) return Response.json({ kind: "lease", lease });
    change(asked === 1);
    return Promise.reject(new DOMException("aborted", "AbortError"));
  });
  const { poll, waits } = pollOf(line, { document });
  assertEquals(await waitForJob(poll, undefined), lease);
  assertEquals(requests.map(({ body }) => body.hidden), [false, true, false]);
  assertEquals(waits, [false, true, false]);
});

Deno.test("a page claims its place again from a server that was started anew", async () => {
  const answers = [
    Response.json({ error: "open in another tab" }, { status: 409 }),
    Response.json({ name: "phone", lan: false }),
    Response.json({ kind: "lease", lease }),
  ];
  const { line, requests } = fakeLine(() => answers.shift()!);
  assertEquals(await waitForJob(pollOf(line, { lost: true }).poll, undefined), lease);
  assertEquals(requests.map(({ path }) => path), ["/api/jobs/next", "/api/session", "/api/jobs/next"]);
  assertEquals(requests[1].body, { page });
});

Deno.test("a page that another tab took over from does not take its place back", async () => {
  const { line, requests } = fakeLine(() => Response.json({ error: "open in another tab" }, { status: 409 }));
  const error = await assertRejects(() => waitForJob(pollOf(line).poll, undefined), RefusedError);
  assertEquals([error.status, requests.length], [409, 1]);
});
