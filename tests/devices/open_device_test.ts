import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { openDevice } from "../../devices/open_device.ts";
import { startDeviceServer } from "../../devices/server/start_device_server.ts";

Deno.test("openDevice() refuses names that no browser can have", async () => {
  for (const name of ["", "My Phone", "-a", "a".repeat(33), "../x"]) {
    await assertRejects(
      () => openDevice({ name }, { runtime: "tfjs-wasm" }),
      RangeError,
      `device name "${name}" is not allowed`,
    );
  }
});

Deno.test("openDevice() prints where to go, waits for the browser, and stops waiting when aborted", async () => {
  const urls: string[] = [];
  const controller = new AbortController();
  await assertRejects(
    () =>
      openDevice({ name: "phone" }, {
        runtime: "tfjs-wasm",
        signal: controller.signal,
        onPairingUrl(url) {
          urls.push(url);
          controller.abort(new Error("no phone today"));
        },
      }),
    Error,
    "no phone today",
  );
  assertEquals(urls.length, 1);
  assertMatch(urls[0], /^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}$/);
});

Deno.test("a port that is in use is named when it was asked for, and avoided when it was not", async () => {
  const busy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    await assertRejects(() => startDeviceServer({ port: busy.addr.port }), Error, `port ${busy.addr.port} is in use`);
  } finally {
    busy.close();
  }
  const first = await startDeviceServer();
  const lines: string[] = [];
  const second = await startDeviceServer({ log: (line) => lines.push(line) });
  await Promise.all([first.close(), second.close()]);
  assertMatch(lines.join("\n"), /^port 7411 is in use, so the probe page is on port \d+$/);
  assertEquals(lines[0].endsWith(new URL(second.url).port), true);
});
