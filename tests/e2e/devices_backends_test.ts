// Every backend that a browser has here gives this machine's own outputs; emulated GPUs are told apart.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { launchChromium } from "../../devices/browsers/chromium.ts";
import { type BrowserName, launchBrowserDevice } from "../../devices/browsers/launch_browser_device.ts";
import { createPairedDevice } from "../../devices/paired_device.ts";
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import { testWith } from "../require.ts";
import {
  outputDifference,
  type Site,
  softwareGpuArguments,
  startLoad,
  tinyModel,
  usesGpu,
  withHub,
} from "./devices_fixture.ts";

/** Short loads, one per runtime, in one launched browser. */
async function loadsOn(site: Site, name: BrowserName, runtimes: readonly RuntimeName[], test: Deno.TestContext) {
  const device = await launchBrowserDevice(name, {
    hub: site.hub,
    runtimes,
    log: (line) => site.lines.push(line),
    ...name === "chromium"
      ? {
        launch: (options) =>
          launchChromium(options, {
            arguments: softwareGpuArguments,
            // Threads take half of the processors, and continuous integration has two.
            onPage: (page) =>
              page.addInitScript(() =>
                Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => 4 })
              ),
          }),
      }
      : {},
  });
  try {
    for (const runtime of runtimes) {
      await test.step(runtime, async () => {
        const { load, expected } = await startLoad(site, runtime, { name: device.name });
        const raw = await load;
        const { backend, environment, flags, rounds } = raw.report;
        const difference = outputDifference(raw, expected);
        assert(difference < 1e-3, `outputs differ by ${difference} of the largest`);
        assertEquals([environment.crossOriginIsolated, rounds > 0, raw.rounds.length], [true, true, rounds]);
        if (runtime.endsWith("threads")) assertStringIncludes(backend, "2 threads");
        // Firefox does not name its adapters, so a flag without a name is right, a name without a flag never.
        if (/swiftshader|llvmpipe/i.test(backend)) assert(flags.includes("software-adapter"), backend);
        if (!usesGpu(runtime)) assertEquals(flags.includes("software-adapter"), false);
      });
    }
  } finally {
    await device.close();
  }
}

await testWith({
  name: "Chromium computes what this machine computes, on every backend",
  needs: "chromium",
  fn: (test) =>
    withHub((site) =>
      loadsOn(site, "chromium", [
        "tfjs-wasm",
        "tfjs-wasm-threads",
        "tfjs-webgl",
        "tfjs-webgpu",
        "onnxruntime-wasm",
        "onnxruntime-wasm-threads",
        "onnxruntime-webgpu",
      ], test)
    ),
});

await testWith({
  name: "Firefox computes what this machine computes, on WebAssembly and WebGPU",
  needs: ["firefox", "vulkan"],
  fn: (test) => withHub((site) => loadsOn(site, "firefox", ["tfjs-wasm", "tfjs-webgpu", "onnxruntime-wasm"], test)),
});

await testWith({
  name: "a session in the launched Chromium gives a valid measurement",
  needs: "chromium",
  fn: () =>
    withHub(async ({ hub, parts }) => {
      const browser = await launchBrowserDevice("chromium", { hub, runtimes: ["tfjs-wasm"] });
      try {
        const device = createPairedDevice(hub, browser.name, {
          ...parts,
          description: browser.description,
          local: true,
          waitMs: 30_000,
        });
        const activities: string[] = [];
        const [outcome] = await device.measure({ models: [tinyModel], runtime: "tfjs-wasm", profile: "fast" }, {
          onProgress: ({ activity }) => activities.push(activity),
        });
        if ("error" in outcome) throw new Error(outcome.error);
        const { measurement } = outcome;
        // A machine that other work slows in its midst is told as throttled, however often the load is run again.
        const steady = !measurement.flags.includes("throttled");
        assertEquals([measurement.valid, measurement.device.kind, measurement.loads.length], [steady, "browser", 1]);
        assertStringIncludes(measurement.device.description, "Chrome");
        assert(measurement.outputDifference < 1e-4, String(measurement.outputDifference));
        assert(measurement.ratioLow <= measurement.ratio && measurement.ratio <= measurement.ratioHigh);
        assert(
          measurement.ratio > 0.02 && measurement.ratio < 1,
          `a tiny network took ${measurement.ratio} of the small`,
        );
        assert(activities.some((activity) => /round/.test(activity)), activities.join(", "));
      } finally {
        await browser.close();
      }
    }),
});

await testWith({
  name: "a session on an emulated GPU is not valid, and says why",
  needs: "chromium",
  fn: () =>
    withHub(async ({ hub, parts }) => {
      const browser = await launchBrowserDevice("chromium", { hub, runtimes: ["tfjs-webgl"] });
      try {
        const { description } = browser;
        const device = createPairedDevice(hub, browser.name, { ...parts, description, local: true, waitMs: 30_000 });
        const [outcome] = await device.measure({ models: [tinyModel], runtime: "tfjs-webgl", profile: "fast" });
        if ("error" in outcome) throw new Error(outcome.error);
        const { valid, flags, backend } = outcome.measurement;
        const emulated = /swiftshader|llvmpipe|software/i.test(backend);
        assertEquals([valid, flags.includes("software-adapter")], [!emulated, emulated], backend);
      } finally {
        await browser.close();
      }
    }),
});
