import { launch } from "puppeteer-core";
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { LaunchedBrowser, LaunchOptions } from "./browser.ts";
import { firefoxPath } from "./find_browser.ts";
import { startWatchdog } from "./watchdog.ts";

// Firefox on Linux offers WebGPU only when asked to, and then only for drivers it knows well.
const webgpuPreferences = { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true };

const runtimePreferences = {
  "tfjs-wasm": {},
  "tfjs-wasm-threads": {},
  "tfjs-webgl": {},
  "tfjs-webgpu": webgpuPreferences,
  "onnxruntime-wasm": {},
  "onnxruntime-wasm-threads": {},
  "onnxruntime-webgpu": webgpuPreferences,
} satisfies Record<RuntimeName, Record<string, boolean>>;

/** The preferences with which Firefox measures on `runtimes`. */
export function firefoxPreferences(runtimes: readonly RuntimeName[]): Record<string, boolean> {
  return Object.assign({}, ...runtimes.map((runtime) => runtimePreferences[runtime]));
}

/** Launches the installed Firefox, with a profile of its own; both end with this process, even if that is killed. */
export async function launchFirefox({ runtimes, anyCertificate }: LaunchOptions): Promise<LaunchedBrowser> {
  const executablePath = firefoxPath();
  if (!executablePath) {
    throw new Error('Device "firefox" needs Firefox on PATH: install it (Debian: apt install firefox-esr)');
  }
  // Firefox does not end with what drives it, so something else has to end it.
  const watchdog = startWatchdog();
  const profile = await Deno.makeTempDir({ prefix: "nacre-firefox-" });
  try {
    const browser = await launch({
      browser: "firefox",
      executablePath,
      headless: true,
      userDataDir: profile,
      acceptInsecureCerts: anyCertificate,
      extraPrefsFirefox: firefoxPreferences(runtimes),
      // Its crash reporter is a process of its own that stays a while after it.
      env: { ...Deno.env.toObject(), MOZ_CRASHREPORTER_DISABLE: "1" },
      // Interrupts are the program's own affair: it saves first, and closes the browser then.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const pid = browser.process()?.pid;
    if (pid === undefined) throw new Error("Firefox was launched without a process");
    await watchdog.watch(pid, profile);
    const gone = new Promise<void>((resolve) => browser.once("disconnected", () => resolve()));

    // Asked politely it takes seconds to end, and it has nothing to save.
    const kill = () => browser.process()?.kill("SIGKILL");
    const [page] = await browser.pages();
    // A dead tab leaves the browser running: end it, so that both deaths take one way.
    page.once("close", kill);
    return {
      userAgent: await browser.userAgent(),
      gone,
      async open(url) {
        await page.goto(url);
      },
      text: () => page.$eval("main", (main) => (main as HTMLElement).innerText).catch(() => "nothing"),
      async close() {
        kill();
        await watchdog.release();
        await gone;
      },
    };
  } catch (error) {
    await watchdog.release();
    await Deno.remove(profile, { recursive: true }).catch(() => {});
    throw error;
  }
}
