// The probe page in a real Chromium, from the printed link to the judged measurement.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumPath } from "../../devices/browsers.ts";
import { launchChromiumDevice } from "../../devices/chromium.ts";
import { type Device, type DeviceServer, openDevice, startDeviceServer } from "../../devices/mod.ts";
import type { Measurement, RuntimeName } from "../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../devices/tiny_architecture.ts";
import { testWith } from "../require.ts";

function jobOf(runtime: RuntimeName) {
  return { architecture: tinyArchitecture, runtime, seed: 9 };
}

/** Starts a measurement; its rejection counts where it is awaited, not before. */
function startMeasuring(device: Device, runtime: RuntimeName = "tfjs-wasm"): Promise<Measurement> {
  const measuring = device.measure(jobOf(runtime));
  measuring.catch(() => {});
  return measuring;
}

/** A server and a browser without a window; both are closed after `fn`. */
async function withBrowser(
  fn: (server: DeviceServer, browser: Browser, lines: string[]) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const server = await startDeviceServer({ log: (line) => lines.push(line) });
  const browser = await chromium.launch({ executablePath: chromiumPath(), chromiumSandbox: Deno.uid() !== 0 });
  try {
    await fn(server, browser, lines);
  } finally {
    await browser.close();
    await server.close();
  }
}

async function openPage(browser: Browser, url: string): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(url);
  return { page, problems };
}

async function pageText(page: Page, expected: string): Promise<string> {
  await page.getByText(expected).first().waitFor({ timeout: 20_000 });
  return await page.locator("main").innerText();
}

await testWith({
  name: "the launched Chromium times a network on wasm with the output of this machine",
  needs: "chromium",
  async fn() {
    const device = await openDevice({ name: "chromium" }, { runtime: "tfjs-wasm" });
    try {
      const measurement = await device.measure(jobOf("tfjs-wasm"));
      assertEquals([measurement.valid, measurement.device], [true, device.describe()]);
      assertStringIncludes(measurement.device.description, "Chrome");
      assertStringIncludes(measurement.backend, "SIMD, 1 thread");
      assert(measurement.outputDifference < 1e-4, String(measurement.outputDifference));
      assert(measurement.medianMs < 5 && measurement.samplesMs.length > 100, String(measurement.medianMs));
    } finally {
      await device.close();
    }
  },
});

await testWith({
  name: "Chromium times a network on WebGL, and an emulated GPU does not count",
  needs: "chromium",
  async fn() {
    const device = await openDevice({ name: "chromium" }, { runtime: "tfjs-webgl" });
    try {
      const measurement = await device.measure(jobOf("tfjs-webgl"));
      assert(measurement.outputDifference < 1e-4, String(measurement.outputDifference));
      assertStringIncludes(measurement.backend, "webgl");
      const emulated = /SwiftShader|llvmpipe/.test(measurement.backend);
      assertEquals(measurement.flags.includes("software-adapter"), emulated);
      assertEquals(measurement.valid, !emulated);
    } finally {
      await device.close();
    }
  },
});

await testWith({
  name: "a browser pairs by its link, works through reloads and absences, and hears of the end",
  needs: "chromium",
  fn: () =>
    withBrowser(async (server, browser, lines) => {
      const { pairingUrl, device: paired } = server.awaitDevice("laptop");
      const { page, problems } = await openPage(browser, pairingUrl);
      const device = await paired;
      assertStringIncludes(await pageText(page, "Ready, waiting"), "paired as laptop");
      assertEquals(page.url(), server.url, "the token left the address bar");

      const measuring = startMeasuring(device);
      await pageText(page, "Timing a network of 6 layers");
      await page.reload();
      assertEquals((await measuring).valid, true);
      assertStringIncludes(await pageText(page, "Ready, waiting"), " ms");

      await page.goto("about:blank");
      const waiting = startMeasuring(device);
      const deadline = performance.now() + 20_000;
      while (lines.length === 0 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 100));
      assertStringIncludes(lines.join(), 'device "laptop" waits: its page is not open');
      await page.goto(server.url);
      assertEquals((await waiting).valid, true);

      await server.close();
      assertStringIncludes(await pageText(page, "Finished, this page can be closed"), "laptop");
      assertEquals(problems.filter((problem) => !problem.includes("410")), []);
    }),
});

await testWith({
  name: "a second browser with a used link, and one without a link, are told what to do",
  needs: "chromium",
  fn: () =>
    withBrowser(async (server, browser) => {
      const { pairingUrl, device } = server.awaitDevice("laptop");
      await openPage(browser, pairingUrl);
      await device;
      const second = await openPage(browser, pairingUrl);
      await pageText(second.page, "this link was used by another browser already");
      const stranger = await openPage(browser, server.url);
      await pageText(stranger.page, "open the link that the terminal shows");
    }),
});

await testWith({
  name: "a page that goes to the background is not trusted, and measures again once it is back",
  needs: "chromium",
  fn: () =>
    withBrowser(async (server, browser) => {
      const { pairingUrl, device: paired } = server.awaitDevice("laptop");
      const { page } = await openPage(browser, pairingUrl);
      const device = await paired;
      const measuring = startMeasuring(device);
      await pageText(page, "Timing a network");
      const setHidden = (hidden: boolean) =>
        page.evaluate((value) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
          document.dispatchEvent(new Event("visibilitychange"));
        }, hidden);
      await setHidden(true);
      assertStringIncludes(await pageText(page, "Paused, as this page is hidden"), "does not count");
      await setHidden(false);
      const measurement = await measuring;
      assertEquals([measurement.valid, measurement.flags.includes("hidden-page")], [true, false]);
    }),
});

await testWith({
  name: "a page that loses its WebGL context loads itself again, and measures",
  needs: "chromium",
  fn: () =>
    withBrowser(async (server, browser) => {
      const { pairingUrl, device: paired } = server.awaitDevice("laptop");
      const page = await browser.newPage();
      await page.addInitScript(() => {
        const getContext = OffscreenCanvas.prototype.getContext;
        const contexts: unknown[] = [];
        Object.assign(globalThis, { contexts });
        Object.assign(OffscreenCanvas.prototype, {
          getContext(this: OffscreenCanvas, ...options: Parameters<typeof getContext>) {
            const context = getContext.apply(this, options);
            contexts.push(context);
            return context;
          },
        });
      });
      await page.goto(pairingUrl);
      const device = await paired;
      const measuring = startMeasuring(device, "tfjs-webgl");
      await pageText(page, "Timing a network");
      const reloaded = page.waitForEvent("load", { timeout: 20_000 });
      let contexts = 0;
      for (let attemptsLeft = 100; contexts === 0 && attemptsLeft > 0; attemptsLeft--) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        contexts = await page.evaluate(() => {
          const created = Reflect.get(globalThis, "contexts") as WebGL2RenderingContext[];
          for (const context of created) context.getExtension("WEBGL_lose_context")?.loseContext();
          return created.length;
        });
      }
      await reloaded;
      const measurement = await measuring;
      assert(measurement.outputDifference < 1e-4, String(measurement.outputDifference));
    }),
});

await testWith({
  name: "a Chromium that dies while it measures is launched again, and the measurement comes",
  needs: "chromium",
  async fn() {
    const browsers: Browser[] = [];
    const lines: string[] = [];
    const server = await startDeviceServer();
    const device = await launchChromiumDevice({
      server,
      runtime: "tfjs-wasm",
      log: (line) => lines.push(line),
      async launch(options) {
        browsers.push(await chromium.launch(options));
        return browsers[browsers.length - 1];
      },
    });
    try {
      const measuring = startMeasuring(device);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const session = await browsers[0].newBrowserCDPSession();
      // The browser is gone before it can answer this.
      session.send("Browser.crash").catch(() => {});
      assertEquals((await measuring).valid, true);
      assertEquals([browsers.length, lines], [2, ['device "chromium" died and is launched again']]);
    } finally {
      await device.close();
      await server.close();
    }
  },
});
