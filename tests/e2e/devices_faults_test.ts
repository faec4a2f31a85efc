// What happens to a page in the midst of a load, and that the load comes all the same or says why not.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { launchChromium } from "../../devices/browsers/chromium.ts";
import { launchBrowserDevice } from "../../devices/browsers/launch_browser_device.ts";
import { DeviceGoneError } from "../../devices/device.ts";
import { referenceNetworks } from "../../devices/references.ts";
import { type ProfileName, PROTOCOL, type RuntimeName } from "../../src/schemas/measurement.ts";
import { testWith } from "../require.ts";
import {
  assertSaid,
  headline,
  outputDifference,
  pairPage,
  type Site,
  startLoad,
  until,
  withChromium,
  withHub,
} from "./devices_fixture.ts";

/** A paired page in the midst of a load. */
function duringLoad(
  runtime: RuntimeName,
  fn: (
    running: Awaited<ReturnType<typeof startLoad>> & { site: Site; page: Page; activities: string[] },
  ) => Promise<void>,
  { waitMs, prepare, phase = "Timing", profile = "fast" }: {
    waitMs?: number;
    profile?: ProfileName;
    prepare?: (page: Page) => Promise<void>;
    phase?: string;
  } = {},
): () => Promise<void> {
  return () =>
    withHub((site) =>
      withChromium(async (browser) => {
        const page = await (await browser.newContext()).newPage();
        await prepare?.(page);
        await pairPage(site.hub, page);
        const activities: string[] = [];
        const started = await startLoad(site, runtime, { profile, waitMs, activities });
        await headline(page, phase);
        await fn({ ...started, site, page, activities });
      })
    );
}

await testWith({
  name: "a page that is reloaded in the midst of a load does it again",
  needs: "chromium",
  fn: duringLoad("tfjs-wasm", async ({ load, expected, page }) => {
    await page.reload();
    assert(outputDifference(await load, expected) < 1e-4);
    await headline(page, "Ready");
  }),
});

await testWith({
  name: "a page that goes to the background breaks the load off, says so, and does it again once it is back",
  needs: "chromium",
  fn: duringLoad("tfjs-wasm", async ({ load, page, activities }) => {
    const setHidden = (hidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        Object.defineProperty(document, "visibilityState", {
          configurable: true,
          get: () => hidden ? "hidden" : "visible",
        });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await setHidden(true);
    await headline(page, "hidden");
    await until(() => activities.some((activity) => /hidden/.test(activity)), "word of the hidden page");
    await setHidden(false);
    const { report } = await load;
    assertEquals(report.flags.includes("hidden-page"), false);
  }, { profile: "standard" }),
});

await testWith({
  name: "a tab that is closed is waited for, then its device counts as gone",
  needs: "chromium",
  fn: duringLoad("tfjs-wasm", async ({ load, page, activities }) => {
    // Its last word may get lost; then 30 s without one end the lease, and 90 s before the first rounds.
    await until(() => activities.some((activity) => /\d rounds/.test(activity)), "the first rounds");
    await page.close();
    await assertRejects(() => load, DeviceGoneError, "laptop");
    assertSaid(activities, "not open");
    // The rounds go on for a minute, so that the tab is not closed too late.
  }, { waitMs: 3000, profile: "certified" }),
});

await testWith({
  name: "a tab that is closed and opened again goes on with the load",
  needs: "chromium",
  fn: duringLoad("tfjs-wasm", async ({ load, expected, page, site }) => {
    const context = page.context();
    await page.close();
    await (await context.newPage()).goto(site.hub.url);
    assert(outputDifference(await load, expected) < 1e-4);
  }),
});

await testWith({
  name: "a tab that crashes does the load again once it is opened again",
  needs: "chromium",
  fn: duringLoad("tfjs-wasm", async ({ load, expected, page, site }) => {
    const context = page.context();
    const crashed = new Promise((resolve) => page.once("crash", resolve));
    const session = await context.newCDPSession(page);
    // The tab is gone before it can answer this.
    session.send("Page.crash").catch(() => {});
    await crashed;
    await (await context.newPage()).goto(site.hub.url);
    assert(outputDifference(await load, expected) < 1e-4);
  }),
});

/** Keeps every WebGL context and WebGPU device that the page makes, so that a test can take it away. */
async function keepGpu(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: { lose(): void }[] = [];
    Object.assign(globalThis, { kept });
    for (const Canvas of [OffscreenCanvas, HTMLCanvasElement]) {
      const getContext = Reflect.get(Canvas.prototype, "getContext") as (...options: unknown[]) => unknown;
      Object.assign(Canvas.prototype, {
        getContext(...options: unknown[]) {
          const context = getContext.apply(this, options);
          if (context instanceof WebGL2RenderingContext) {
            kept.push({ lose: () => context.getExtension("WEBGL_lose_context")?.loseContext() });
          }
          return context;
        },
      });
    }
    const Adapter: { prototype: { requestDevice(...options: unknown[]): Promise<{ destroy(): void }> } } | undefined =
      Reflect.get(globalThis, "GPUAdapter");
    if (!Adapter) return;
    const requestDevice = Adapter.prototype.requestDevice;
    Adapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      kept.push({ lose: () => device.destroy() });
      return device;
    };
  });
}

for (const runtime of ["tfjs-webgl", "tfjs-webgpu", "onnxruntime-webgpu"] as const) {
  await testWith({
    name: `a page that loses its GPU on ${runtime} loads itself again, and does the load again`,
    needs: "chromium",
    fn: duringLoad(runtime, async ({ load, expected, page }) => {
      const reloaded = page.waitForEvent("load", { timeout: 60_000 });
      const lost = await page.evaluate(() => {
        const kept = Reflect.get(globalThis, "kept") as { lose(): void }[];
        for (const gpu of kept) gpu.lose();
        return kept.length;
      });
      assert(lost > 0, "no GPU was in use");
      await reloaded;
      assert(outputDifference(await load, expected) < 1e-3);
    }, { prepare: keepGpu, phase: "Warming up" }),
  });
}

await testWith({
  name: "a CPU that is throttled in the midst of a load changes times, not ratios, or is flagged",
  needs: "chromium",
  fn: () =>
    withHub((site) =>
      withChromium(async (browser) => {
        const page = await browser.newPage();
        await pairPage(site.hub, page);
        const [small, large] = referenceNetworks;
        const activities: string[] = [];
        const load = site.hub.runLoad("laptop", {
          protocol: PROTOCOL,
          runtime: "tfjs-wasm",
          profile: "fast",
          seed: 1,
          load: 0,
          loads: 1,
          // The small reference against itself: its ratio is 1 whatever happens to the device.
          networks: [small, large, small],
        }, {
          files: new Map(),
          waitMs: 20_000,
          onActivity: (activity) => activities.push(activity),
          signal: AbortSignal.timeout(90_000),
        });
        load.catch(() => {});
        await headline(page, "Timing");
        const session = await page.context().newCDPSession(page);
        await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
        const { rounds, report } = await load;
        const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
        const third = Math.floor(rounds.length / 3);
        const slowdown = middle(rounds.slice(-third).map(([small]) => small)) /
          middle(rounds.slice(0, third).map(([small]) => small));
        const ratio = middle(rounds.map(([small, , candidate]) => candidate / small));
        const flagged = ["throttled", "drifted"].some((flag) => report.flags.includes(flag));
        assert(
          flagged || Math.abs(ratio - 1) < 0.05,
          `ratio ${ratio} after a slowdown by ${slowdown}, flags: ${report.flags.join(", ")}`,
        );
      })
    ),
});

await testWith({
  name: "a launched Chromium that dies in the midst of a load is launched again, and the load comes",
  needs: "chromium",
  fn: () =>
    withHub(async (site) => {
      const pages: Page[] = [];
      const device = await launchBrowserDevice("chromium", {
        hub: site.hub,
        runtimes: ["tfjs-wasm"],
        log: (line) => site.lines.push(line),
        launch: (options) => launchChromium(options, { onPage: (page) => pages.push(page) }),
      });
      try {
        const { load, expected } = await startLoad(site, "tfjs-wasm", { name: device.name, profile: "standard" });
        await headline(pages[0], "Timing");
        const session = await pages[0].context().browser()?.newBrowserCDPSession();
        assert(session);
        // The browser is gone before it can answer this.
        session.send("Browser.crash").catch(() => {});
        assert(outputDifference(await load, expected) < 1e-4);
        assertEquals(pages.length, 2);
        assertSaid(site.lines, 'device "chromium" died and is launched again');
      } finally {
        await device.close();
      }
    }),
});

await testWith({
  name: "a launched Firefox ends with the program that launched it, even if that is killed",
  needs: "firefox",
  async fn() {
    const module = new URL("../../devices/browsers/firefox.ts", import.meta.url).href;
    const code = `const { launchFirefox } = await import(${JSON.stringify(module)});
      await launchFirefox({ runtimes: ["tfjs-wasm"], anyCertificate: false });
      console.log("launched");
      setTimeout(() => {}, 60_000);`;
    const folder = await Deno.makeTempDir();
    const parent = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      cwd: new URL("../../", import.meta.url),
      env: { TMPDIR: folder },
      stdout: "piped",
    }).spawn();
    try {
      const reader = parent.stdout.getReader();
      assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "launched");
      await reader.cancel();
      const profiles = () => [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("nacre-firefox-"));
      assertEquals(profiles().length, 1);
      parent.kill("SIGKILL");
      await until(() => profiles().length === 0, "the removal of its profile");
      await until(
        async () => {
          const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"], stdout: "piped" }).output();
          return !new TextDecoder().decode(stdout).includes(folder);
        },
        "the end of Firefox",
      );
    } finally {
      await parent.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
});
