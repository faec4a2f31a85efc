import { chromium, type Page } from "playwright-core";
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { LaunchedBrowser, LaunchOptions } from "./browser.ts";
import { chromiumPath } from "./find_browser.ts";

const quietArguments = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Chromium on Linux offers WebGPU only when asked to.
const webgpuArguments = ["--enable-unsafe-webgpu", "--enable-features=Vulkan"];

const runtimeArguments = {
  "tfjs-wasm": [],
  "tfjs-wasm-threads": [],
  "tfjs-webgl": [],
  "tfjs-webgpu": webgpuArguments,
  "onnxruntime-wasm": [],
  "onnxruntime-wasm-threads": [],
  "onnxruntime-webgpu": webgpuArguments,
} satisfies Record<RuntimeName, string[]>;

/** The flags with which Chromium measures on `runtimes`. */
export function chromiumArguments(runtimes: readonly RuntimeName[]): string[] {
  return [...quietArguments, ...new Set(runtimes.flatMap((runtime) => runtimeArguments[runtime]))];
}

/** For tests and benchmarks, which look into the browser. */
export interface ChromiumExtras {
  arguments?: readonly string[];
  /** Called with the page before it goes anywhere. */
  onPage?: (page: Page) => unknown;
}

/** Launches the installed Chromium or Chrome; it dies with this process. */
export async function launchChromium(
  { runtimes, anyCertificate }: LaunchOptions,
  extras: ChromiumExtras = {},
): Promise<LaunchedBrowser> {
  const executablePath = chromiumPath();
  if (!executablePath) {
    throw new Error('Device "chromium" needs Chromium or Chrome on PATH: install one (Debian: apt install chromium)');
  }
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    chromiumSandbox: Deno.uid() !== 0,
    args: [...chromiumArguments(runtimes), ...extras.arguments ?? []],
    // Interrupts are the program's own affair: it saves first, and closes the browser then.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  try {
    const gone = new Promise<void>((resolve) => browser.once("disconnected", () => resolve()));
    const page = await browser.newPage({ ignoreHTTPSErrors: anyCertificate });
    // A dead tab leaves the browser running: end it, so that both deaths take one way.
    page.once("crash", () => browser.close());
    page.once("close", () => browser.close());
    await extras.onPage?.(page);
    return {
      userAgent: await page.evaluate(() => navigator.userAgent),
      gone,
      async open(url) {
        await page.goto(url);
      },
      text: () => page.locator("main").innerText({ timeout: 1000 }).catch(() => "nothing"),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
