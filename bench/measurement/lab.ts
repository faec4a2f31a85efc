// Where bench measurement measures: a hub, a launched Chromium and sessions as every user has them, and beside them pages
// of the same browser that measure in another way.
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../devices/browsers/chromium.ts";
import { launchBrowserDevice } from "../../devices/browsers/launch_browser_device.ts";
import { openHub } from "../../devices/open_hub.ts";
import { openSessionParts } from "../../devices/open_session_parts.ts";
import { createPairedDevice } from "../../devices/paired_device.ts";
import type { Model, ProfileName } from "../../src/schemas/measurement.ts";
import { plant, unplant } from "./plant.ts";

export const runtime = "tfjs-wasm";

/** What a row needs to know of one model of a session. */
export interface MeasuredModel {
  ratio: number;
  ratioLow: number;
  ratioHigh: number;
  latencyMs: number;
  medianMs: number;
  valid: boolean;
  flags: string[];
  loads: { ratio: number; medianMs: number }[];
}

export interface Session {
  seconds: number;
  models: MeasuredModel[];
}

export interface Lab {
  /** User agent. */
  browser: string;
  /** One session of the product; `planted`: with the planted network slowed down. Error if a model cannot be measured. */
  session(models: readonly Model[], profile: ProfileName, options?: { planted?: boolean }): Promise<Session>;
  /** Does `work` in a fresh page of the same browser, on the hub's origin but without the product's code. */
  inPage<Value>(work: (page: Page) => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

const blankPath = "blank-page";
const sessionDeadlineMs = 20 * 60_000;

/** Opens the lab; what it keeps between runs (the references' nominal times) lies in `folder`. */
export async function openLab(folder: string, log: (line: string) => void): Promise<Lab> {
  const hub = await openHub({ dataDir: folder, log });
  const closing: (() => Promise<void>)[] = [() => hub.close()];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const parts = await openSessionParts({ dataDir: folder, files: new Map() });
    closing.push(() => parts.close());
    let product: Page | undefined;
    const launched = await launchBrowserDevice("chromium", {
      hub,
      runtimes: [runtime],
      log,
      launch: (options) => launchChromium(options, { onPage: (page) => product = page }),
    });
    closing.push(() => launched.close());
    const device = createPairedDevice(hub, launched.name, {
      ...parts,
      description: launched.description,
      local: true,
      waitMs: 60_000,
    });

    const productPage = () => {
      if (!product) throw new Error("the launched browser has no page");
      return product;
    };

    return {
      browser: launched.description,
      async session(models, profile, { planted = false } = {}) {
        if (planted) await plant(productPage());
        const startMs = performance.now();
        try {
          const outcomes = await device.measure(
            { models, runtime, profile },
            { signal: AbortSignal.timeout(sessionDeadlineMs) },
          );
          return {
            seconds: (performance.now() - startMs) / 1000,
            models: outcomes.map((outcome, index) => {
              if ("error" in outcome) throw new Error(`${models[index].name}: ${outcome.error}`);
              const { ratio, ratioLow, ratioHigh, latencyMs, medianMs, valid, flags, loads } = outcome.measurement;
              return {
                ratio,
                ratioLow,
                ratioHigh,
                latencyMs,
                medianMs,
                valid,
                flags,
                loads: loads.map(({ ratio, medianMs }) => ({ ratio, medianMs })),
              };
            }),
          };
        } finally {
          if (planted) await unplant(productPage());
        }
      },
      inPage: (work) => inPage(productPage().context().browser(), hub.url, work),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function inPage<Value>(
  browser: Browser | null,
  url: string,
  work: (page: Page) => Promise<Value>,
): Promise<Value> {
  if (!browser) throw new Error("the launched browser is gone");
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.route(`${url}${blankPath}`, (route) =>
      route.fulfill({
        contentType: "text/html",
        // As the hub's own page, so that the clock is as fine and memory as shared.
        headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
        body: "<!doctype html><title>blank</title>",
      }));
    await page.goto(`${url}${blankPath}`);
    return await work(page);
  } finally {
    await context.close();
  }
}
