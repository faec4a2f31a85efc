import { assertEquals, assertRejects } from "@std/assert";
import type { DeviceKey, KeyStore, PendingPairing } from "../../../devices/page/key_store.ts";
import { pairBrowser, PairingRefusedError, readFragment } from "../../../devices/page/pairing.ts";
import { RefusedError } from "../../../devices/page/post.ts";
import { pairRequestSchema } from "../../../devices/protocol/wire.ts";
import { fakeLine } from "./fake_line.ts";

const token = "t".repeat(43);

function fakeKeys() {
  let device: DeviceKey | undefined;
  let pending: PendingPairing | undefined;
  const keys: KeyStore = {
    device: () => Promise.resolve(device),
    pending: () => Promise.resolve(pending),
    setPending: (next) => Promise.resolve(void (pending = next)),
    adopt({ key }) {
      device = key;
      pending = undefined;
      return Promise.resolve();
    },
  };
  return keys;
}

function stepsOf(keys: KeyStore, line: ReturnType<typeof fakeLine>["line"]) {
  const codes: string[] = [];
  return {
    codes,
    steps: {
      keys,
      line,
      proposedName: "linux-chrome",
      askName: () => Promise.resolve("my-phone"),
      onCode: (code: string) => void codes.push(code),
    },
  };
}

Deno.test("a fragment holds a token, and whether the person is asked for a name", () => {
  assertEquals(readFragment(`#${token}`), { token, askName: false });
  assertEquals(readFragment(`#${token}&ask`), { token, askName: true });
  assertEquals(readFragment(""), undefined);
  assertEquals(readFragment("#results"), undefined);
  assertEquals(readFragment(`#${token}<script>`), undefined);
});

Deno.test("a pairing shows its digits until it is approved, then its key is this browser's", async () => {
  const answers = [
    { state: "asked", name: "my-phone", code: "042917" },
    { state: "asked", name: "my-phone", code: "042917" },
    { state: "paired", name: "my-phone" },
  ];
  const { line, requests, pausesMs } = fakeLine(() => Response.json(answers.shift()));
  const keys = fakeKeys();
  const { steps, codes } = stepsOf(keys, line);
  assertEquals(await pairBrowser({ token, askName: true }, steps), "my-phone");
  assertEquals(requests.map(({ path }) => path), ["/api/pair", "/api/pair/status", "/api/pair/status"]);
  assertEquals(codes, ["042917", "042917"]);
  assertEquals(pausesMs, [1000, 1000]);
  const request = pairRequestSchema.parse(requests[0].body);
  assertEquals(request.name, "my-phone");
  assertEquals((await keys.device())?.publicKey, request.publicKey);
  assertEquals(await keys.pending(), undefined);
});

Deno.test("a link that asks for no name is answered with a proposed one at once", async () => {
  const { line, requests } = fakeLine(() => Response.json({ state: "paired", name: "chromium" }));
  const { steps } = stepsOf(fakeKeys(), line);
  assertEquals(await pairBrowser({ token, askName: false }, steps), "chromium");
  assertEquals(requests[0].body.name, "linux-chrome");
});

Deno.test("a page that is reloaded while its pairing waits goes on with the same key and name", async () => {
  const keys = fakeKeys();
  const first = fakeLine(({ path }) =>
    path === "/api/pair"
      ? Response.json({ state: "asked", name: "my-phone", code: "042917" })
      : Response.json({ error: "the tab was reloaded" }, { status: 400 })
  );
  await assertRejects(() => pairBrowser({ token, askName: true }, stepsOf(keys, first.line).steps), RefusedError);
  const second = fakeLine(() => Response.json({ state: "paired", name: "my-phone" }));
  assertEquals(await pairBrowser({ token, askName: true }, stepsOf(keys, second.line).steps), "my-phone");
  assertEquals(second.requests.map(({ path }) => path), ["/api/pair/status"]);
  assertEquals(second.requests[0].body.publicKey, first.requests[0].body.publicKey);
  assertEquals(second.requests[0].body.name, "my-phone");
});

Deno.test("a page that was reloaded before the token was handed in hands it in", async () => {
  const keys = fakeKeys();
  const gone = fakeLine(() => Response.json({ error: "reloaded" }, { status: 400 }));
  await assertRejects(() => pairBrowser({ token, askName: false }, stepsOf(keys, gone.line).steps), RefusedError);
  const { line, requests } = fakeLine(({ path }) =>
    path === "/api/pair"
      ? Response.json({ state: "paired", name: "a" })
      : Response.json({ error: "unknown" }, { status: 403 })
  );
  assertEquals(await pairBrowser({ token, askName: false }, stepsOf(keys, line).steps), "a");
  assertEquals(requests.map(({ path }) => path), ["/api/pair/status", "/api/pair"]);
});

Deno.test("a refused pairing says so and leaves the key of an earlier one alone", async () => {
  const { line } = fakeLine(() => Response.json({ state: "refused" }));
  const keys = fakeKeys();
  await assertRejects(() => pairBrowser({ token, askName: false }, stepsOf(keys, line).steps), PairingRefusedError);
  assertEquals(await keys.device(), undefined);
});
