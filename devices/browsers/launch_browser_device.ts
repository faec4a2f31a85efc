import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { Hub, Pairing } from "../hub.ts";
import type { LaunchBrowser, LaunchedBrowser } from "./browser.ts";
import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";

/** Every browser that this program launches by itself. */
export const launchers = {
  chromium: (options) => launchChromium(options),
  firefox: launchFirefox,
} satisfies Record<string, LaunchBrowser>;

/** The name of a browser that this program launches by itself; a device is called the same. */
export type BrowserName = keyof typeof launchers;

export interface LaunchBrowserDeviceOptions {
  hub: Hub;
  /** What it is going to measure on: decides the browser's flags. */
  runtimes: readonly RuntimeName[];
  /** Lines for people: that it died, and was launched again. */
  log?: (line: string) => void;
  /** Ends the launch and the wait for its page to pair. */
  signal?: AbortSignal;
  /** How the browser is launched; default: the one called `name` in `launchers`. */
  launch?: LaunchBrowser;
  /** How long its page may take to pair. Default 60 s. */
  pairDeadlineMs?: number;
  /** Calls `launch` once a browser that died may be launched again, which keeps the cores busy; default: at once. */
  onDied?: (launch: () => void) => void;
}

/** A launched browser that is paired with a hub, where loads run under its name. */
export interface BrowserDevice {
  readonly name: string;
  /** User agent. */
  readonly description: string;
  /** Ends browser and pairing; safe to call twice. */
  close(): Promise<void>;
}

const relaunches = 2;

function launchError(name: string, error: unknown): Error {
  const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
  return message.startsWith("Device ") ? error as Error : new Error(`Device "${name}" cannot be launched: ${message}`);
}

/**
 * An installed browser as a device: launched without a window, paired with `hub` until closed, and launched again (twice at
 * most) when it dies; after that its pairing ends, so that nobody waits for it. Error if it is not installed, cannot be
 * launched, or its page does not pair; the signal's reason when aborted.
 */
export async function launchBrowserDevice(
  name: BrowserName,
  { hub, runtimes, log, signal, launch = launchers[name], pairDeadlineMs = 60_000, onDied = (again) => again() }:
    LaunchBrowserDeviceOptions,
): Promise<BrowserDevice> {
  let browser: LaunchedBrowser | undefined;
  let pairedName: string | undefined;
  let closed = false;
  let relaunchesLeft = relaunches;
  const ended = new AbortController();

  async function open(): Promise<void> {
    // The only page it goes to is the hub's own, on this machine, whose certificate no browser knows.
    const anyCertificate = new URL(hub.url).protocol === "https:";
    const launched = await launch({ runtimes, anyCertificate, signal }).catch((error) => {
      throw launchError(name, error);
    });
    if (closed || signal?.aborted) {
      await launched.close();
      throw signal?.reason ?? new Error(`device "${name}" is closed`);
    }
    browser = launched;
    const pairing = await hub.pair({ name, temporary: true });
    try {
      const waits = [ended.signal, ...signal ? [signal] : []];
      pairedName = await paired({ name, pairing, browser, pairDeadlineMs, waits });
    } catch (error) {
      await pairing.refuse();
      throw error;
    }
    launched.gone.then(() => onDied(relaunch));
  }

  function relaunch(): void {
    if (closed) return;
    if (relaunchesLeft-- === 0) {
      log?.(`device "${name}" died ${relaunches + 1} times; it is not launched again`);
      close();
      return;
    }
    log?.(`device "${name}" died and is launched again`);
    open().catch(async (error: Error) => {
      if (closed) return;
      log?.(`device "${name}" could not be launched again: ${error.message}`);
      // What waits for it, and what comes later, is told at once.
      await close();
    });
  }

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closed = true;
    ended.abort(new Error(`device "${name}" is closed`));
    // What was measured is there: a clean-up that fails must not take it along.
    const failed = (what: string) => (error: Error) => log?.(`device "${name}": ${what}: ${error.message}`);
    return closing ??= (async () => {
      if (pairedName !== undefined) await hub.revoke(pairedName).catch(failed("its pairing could not be ended"));
      await browser?.close().catch(failed("its browser could not be closed"));
    })();
  }

  signal?.throwIfAborted();
  try {
    await open();
  } catch (error) {
    await close();
    throw error;
  }
  return { name: pairedName ?? name, description: browser?.userAgent ?? "", close };
}

/** Opens the pairing's link; gives the name under which the hub knows the browser. */
async function paired(
  { name, pairing, browser, pairDeadlineMs, waits }: {
    name: string;
    pairing: Pairing;
    browser: LaunchedBrowser;
    pairDeadlineMs: number;
    waits: AbortSignal[];
  },
): Promise<string> {
  const deadline = AbortSignal.timeout(pairDeadlineMs);
  const died = new AbortController();
  browser.gone.then(() => died.abort(new Error(`Device "${name}" died before its page was paired`)));
  const signal = AbortSignal.any([...waits, deadline, died.signal]);
  let problem = "";
  // Counts only as far as it keeps the page from pairing.
  browser.open(pairing.url).catch((error: Error) => problem = `; ${error.message.split("\n")[0]}`);
  try {
    while (true) {
      const state = await pairing.next({ signal });
      if (state.state === "paired") return state.name;
      if (state.state !== "asks") {
        throw new Error(
          `Device "${name}" could not be paired: its link was ${state.state}; ${await shown(browser)}${problem}`,
        );
      }
    }
  } catch (error) {
    if (!deadline.aborted || signal.reason !== deadline.reason) throw error;
    throw new Error(
      `Device "${name}" did not pair within ${pairDeadlineMs / 1000} s; ${await shown(browser)}${problem}`,
    );
  }
}

async function shown(browser: LaunchedBrowser): Promise<string> {
  return `its page shows: ${(await browser.text()).replace(/\s+/g, " ").trim()}`;
}
