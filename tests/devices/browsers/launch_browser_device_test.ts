// Launching, pairing and launching again, against a browser and a hub that exist in this file only.
import { assertEquals, assertRejects } from "@std/assert";
import type { LaunchedBrowser, LaunchOptions } from "../../../devices/browsers/browser.ts";
import { launchBrowserDevice } from "../../../devices/browsers/launch_browser_device.ts";
import type { Hub, PairingState } from "../../../devices/hub.ts";

interface FakeBrowser extends LaunchedBrowser {
  options: LaunchOptions;
  opened: string[];
  closes: number;
  die(): void;
}

function fakeBrowsers(): { browsers: FakeBrowser[]; launch: (options: LaunchOptions) => Promise<LaunchedBrowser> } {
  const browsers: FakeBrowser[] = [];
  return {
    browsers,
    launch(options) {
      const { promise: gone, resolve: die } = Promise.withResolvers<void>();
      const browser: FakeBrowser = {
        options,
        opened: [],
        closes: 0,
        userAgent: "Fake/1.0",
        gone,
        die,
        open(url) {
          browser.opened.push(url);
          return Promise.resolve();
        },
        text: () => Promise.resolve("Connecting\n to Nacre"),
        close() {
          browser.closes++;
          die();
          return Promise.resolve();
        },
      };
      browsers.push(browser);
      return Promise.resolve(browser);
    },
  };
}

/** A hub whose pairings go through `states`, then wait until aborted. */
function fakeHub(
  states: PairingState[],
  url = "http://127.0.0.1:7411/",
): { hub: Hub; revoked: string[]; refused: () => number; pairs: unknown[] } {
  const revoked: string[] = [];
  const pairs: unknown[] = [];
  let refused = 0;
  const unused = () => Promise.reject(new Error("not part of this test"));
  const hub: Hub = {
    url,
    lan: false,
    devices: unused,
    approve: unused,
    runLoad: unused,
    pair(options) {
      pairs.push(options);
      const left = [...states];
      return Promise.resolve({
        url: `${url}#token`,
        expiresAt: Date.now() + 120_000,
        next({ signal } = {}) {
          const state = left.shift();
          if (state) return Promise.resolve(state);
          return new Promise((_resolve, reject) => {
            if (signal?.aborted) reject(signal.reason);
            signal?.addEventListener("abort", () => reject(signal.reason));
          });
        },
        approve: unused,
        refuse() {
          refused++;
          return Promise.resolve();
        },
      });
    },
    revoke(name) {
      revoked.push(name);
      return Promise.resolve(true);
    },
    close: () => Promise.resolve(),
  };
  return { hub, revoked, refused: () => refused, pairs };
}

const pairs: PairingState[] = [{ state: "paired", name: "firefox" }];

async function until(condition: () => boolean): Promise<void> {
  for (let attemptsLeft = 500; !condition(); attemptsLeft--) {
    if (attemptsLeft === 0) throw new Error("what was awaited did not come within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("a launched browser opens the link of a temporary pairing, and both end with the device", async () => {
  const { browsers, launch } = fakeBrowsers();
  const { hub, revoked, pairs: asked } = fakeHub(pairs);
  const device = await launchBrowserDevice("firefox", { hub, runtimes: ["tfjs-wasm"], launch });
  assertEquals([device.name, device.description], ["firefox", "Fake/1.0"]);
  assertEquals(asked, [{ name: "firefox", temporary: true }]);
  assertEquals(browsers[0].opened, ["http://127.0.0.1:7411/#token"]);
  assertEquals(browsers[0].options.anyCertificate, false);
  assertEquals(browsers[0].options.runtimes, ["tfjs-wasm"]);
  await device.close();
  await device.close();
  assertEquals([browsers.length, browsers[0].closes, revoked], [1, 1, ["firefox"]]);
});

Deno.test("the certificate of a hub in the local network is taken as it is, since no browser knows it", async () => {
  const { browsers, launch } = fakeBrowsers();
  const { hub } = fakeHub(pairs, "https://192.168.1.2:7411/");
  const device = await launchBrowserDevice("firefox", { hub, runtimes: ["tfjs-wasm"], launch });
  assertEquals(browsers[0].options.anyCertificate, true);
  await device.close();
});

Deno.test("a pairing that cannot be ended is told, and its browser is closed all the same", async () => {
  const { browsers, launch } = fakeBrowsers();
  const { hub } = fakeHub(pairs);
  const lines: string[] = [];
  const device = await launchBrowserDevice("firefox", {
    hub: { ...hub, revoke: () => Promise.reject(new Error("process 1 does not answer")) },
    runtimes: ["tfjs-wasm"],
    launch: async (options) => {
      const browser = await launch(options);
      const close = () => browser.close().then(() => Promise.reject(new Error("it hangs")));
      return { ...browser, close };
    },
    log: (line) => lines.push(line),
  });
  await device.close();
  assertEquals(browsers[0].closes, 1);
  assertEquals(lines, [
    'device "firefox": its pairing could not be ended: process 1 does not answer',
    'device "firefox": its browser could not be closed: it hangs',
  ]);
});

Deno.test("a browser that dies waits with its new launch for whoever shares the machine with it", async () => {
  const { browsers, launch } = fakeBrowsers();
  const waiting: (() => void)[] = [];
  const device = await launchBrowserDevice("firefox", {
    ...{ hub: fakeHub(pairs).hub, runtimes: ["tfjs-wasm"] as const, launch },
    onDied: (again) => waiting.push(again),
  });
  browsers[0].die();
  await until(() => waiting.length === 1);
  assertEquals(browsers.length, 1);
  waiting[0]();
  await until(() => browsers[1]?.opened.length === 1);
  await device.close();
});

Deno.test("a browser that dies is launched again twice, then its pairing ends", async () => {
  const { browsers, launch } = fakeBrowsers();
  const { hub, revoked, pairs: asked } = fakeHub(pairs);
  const lines: string[] = [];
  await launchBrowserDevice("firefox", { hub, runtimes: ["tfjs-wasm"], launch, log: (line) => lines.push(line) });
  for (const deaths of [1, 2]) {
    browsers[deaths - 1].die();
    await until(() => browsers[deaths]?.opened.length === 1);
    // Until it is paired, its death counts as a failed launch.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals([revoked, asked.length], [[], 3]);
  browsers[2].die();
  await until(() => revoked.length === 1);
  assertEquals(lines, [
    'device "firefox" died and is launched again',
    'device "firefox" died and is launched again',
    'device "firefox" died 3 times; it is not launched again',
  ]);
  assertEquals(browsers.length, 3);
});

Deno.test("a browser that cannot be launched again ends its pairing, and says why", async () => {
  const { browsers, launch } = fakeBrowsers();
  const { hub, revoked } = fakeHub(pairs);
  const lines: string[] = [];
  await launchBrowserDevice("firefox", {
    hub,
    runtimes: ["tfjs-wasm"],
    log: (line) => lines.push(line),
    launch: (options) =>
      browsers.length === 0 ? launch(options) : Promise.reject(new Error("no memory\nand a stack trace")),
  });
  browsers[0].die();
  await until(() => revoked.length === 1);
  assertEquals(
    lines[1],
    'device "firefox" could not be launched again: Device "firefox" cannot be launched: no memory',
  );
});

Deno.test("a page that does not pair in time is quoted", async () => {
  const { browsers, launch } = fakeBrowsers();
  const { hub, refused } = fakeHub([]);
  await assertRejects(
    () => launchBrowserDevice("firefox", { hub, runtimes: ["tfjs-wasm"], launch, pairDeadlineMs: 50 }),
    Error,
    'Device "firefox" did not pair within 0.05 s; its page shows: Connecting to Nacre',
  );
  assertEquals([browsers[0].closes, refused()], [1, 1]);
});

Deno.test("a link that is refused or expires ends the launch", async () => {
  for (const state of ["refused", "expired"] as const) {
    const { browsers, launch } = fakeBrowsers();
    await assertRejects(
      () => launchBrowserDevice("firefox", { hub: fakeHub([{ state }]).hub, runtimes: ["tfjs-wasm"], launch }),
      Error,
      `its link was ${state}`,
    );
    assertEquals(browsers[0].closes, 1);
  }
});

Deno.test("a browser that dies before it is paired is an error at once", async () => {
  const { browsers, launch } = fakeBrowsers();
  const launched = launchBrowserDevice("firefox", { hub: fakeHub([]).hub, runtimes: ["tfjs-wasm"], launch });
  launched.catch(() => {});
  await until(() => browsers[0]?.opened.length === 1);
  browsers[0].die();
  await assertRejects(() => launched, Error, 'Device "firefox" died before its page was paired');
});

Deno.test("an abort ends the wait for the page, with the signal's reason", async () => {
  const { browsers, launch } = fakeBrowsers();
  const controller = new AbortController();
  const launched = launchBrowserDevice("firefox", {
    hub: fakeHub([]).hub,
    runtimes: ["tfjs-wasm"],
    launch,
    signal: controller.signal,
  });
  launched.catch(() => {});
  await until(() => browsers[0]?.opened.length === 1);
  controller.abort(new Error("interrupted"));
  await assertRejects(() => launched, Error, "interrupted");
  assertEquals(browsers[0].closes, 1);
});
