import { type Browser, chromium, type LaunchOptions, type Page } from "playwright-core";
import type { RuntimeName } from "../src/schemas/measurement.ts";
import { chromiumPath } from "./browsers.ts";
import type { Device } from "./device.ts";
import type { DeviceServer } from "./server/start_device_server.ts";

export interface ChromiumOptions {
  server: DeviceServer;
  runtime: RuntimeName;
  log?: (line: string) => void;
  /** Ends the wait for the page to pair. */
  signal?: AbortSignal;
  /** How the browser is launched; default: by playwright. */
  launch?: (options: LaunchOptions) => Promise<Browser>;
}

const quietArguments = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Chromium on Linux offers WebGPU only when asked to.
const runtimeArguments = {
  "tfjs-wasm": [],
  "tfjs-webgl": [],
  "tfjs-webgpu": ["--enable-unsafe-webgpu", "--enable-features=Vulkan"],
} satisfies Record<RuntimeName, string[]>;

const pairDeadlineMs = 60_000;
const relaunches = 2;

/**
 * The installed Chromium or Chrome as a device: launched without a window, paired through `server` like any browser, and
 * launched again when it dies. Error if none is installed or its page cannot be paired.
 */
export async function launchChromiumDevice(
  { server, runtime, log, signal, launch = (options) => chromium.launch(options) }: ChromiumOptions,
): Promise<Device> {
  const executablePath = chromiumPath();
  if (!executablePath) {
    throw new Error('Device "chromium" needs Chromium or Chrome on PATH: install one (Debian: apt install chromium)');
  }
  let browser: Browser | undefined;
  let closed = false;
  let relaunchesLeft = relaunches;

  async function open(): Promise<Device> {
    const launched = await launch({
      executablePath,
      headless: true,
      chromiumSandbox: Deno.uid() !== 0,
      args: [...quietArguments, ...runtimeArguments[runtime]],
      // Interrupts are the program's own affair: it saves first, and closes the browser then.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    if (closed || signal?.aborted) {
      await launched.close();
      throw signal?.reason ?? new Error('device "chromium" is closed');
    }
    browser = launched;
    const page = await browser.newPage();
    const { pairingUrl, device } = server.awaitDevice("chromium");
    browser.once("disconnected", relaunch);
    // A crashed tab leaves the browser running: end it, so that both deaths take one way.
    page.once("crash", () => browser?.close());
    await page.goto(pairingUrl);
    return await paired(page, device, signal);
  }

  function relaunch(): void {
    if (closed) return;
    if (relaunchesLeft-- === 0) {
      log?.(`device "chromium" died ${relaunches + 1} times; it is not launched again`);
      device?.close();
      return;
    }
    log?.('device "chromium" died and is launched again');
    open().catch(async (error: Error) => {
      if (closed) return;
      log?.(`device "chromium" could not be launched again: ${error.message}`);
      // What waits for it, and what comes later, is told at once.
      await close();
    });
  }

  async function close(): Promise<void> {
    closed = true;
    await device?.close();
    await browser?.close();
  }

  let device: Device | undefined;
  try {
    device = await open();
  } catch (error) {
    await close();
    throw error;
  }
  return { ...device, close };
}

async function paired(page: Page, device: Promise<Device>, signal?: AbortSignal): Promise<Device> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), pairDeadlineMs));
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    const result = await Promise.race([device, deadline, aborted.promise]);
    if (result) return result;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
  const shown = await page.locator("main").innerText({ timeout: 1000 }).catch(() => "nothing");
  throw new Error(`Device "chromium" did not pair within ${pairDeadlineMs / 1000} s; its page shows: ${shown}`);
}
