// What `deno task devices` does until Ctrl-C: offers links, lets browsers in, and shows who is there.
import { type Hub, type PairedDevice, type Pairing, TooManyLinksError } from "./hub.ts";
import { approveInTerminal } from "./terminal/approve.ts";
import { deviceList, presenceWords } from "./terminal/device_list.ts";
import type { Screen } from "./terminal/screen.ts";

export interface ServeDevicesOptions {
  screen: Screen;
  /** What the first browser is going to be called; its person chooses if absent. */
  name?: string;
  /** Told of the first link. */
  onLink?: (pairing: Pairing) => void;
  /** How often presence is asked for. Default 1 s. */
  pollMs?: number;
  signal: AbortSignal;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** Shows the paired browsers, renewed where the screen can be, else a line for each change. */
async function watch(hub: Hub, { screen, pollMs = 1000, signal }: ServeDevicesOptions): Promise<never> {
  let known: PairedDevice[] | undefined;
  while (true) {
    const devices = await hub.devices();
    if (screen.live) screen.show(["", ...deviceList(devices, screen.columns(), Date.now())]);
    else {
      for (const { name, presence } of devices) {
        const before = known?.find((device) => device.name === name);
        if (before?.presence !== presence) screen.say(`${name}: ${presenceWords[presence]}`);
      }
      for (const { name } of known ?? []) {
        if (!devices.some((device) => device.name === name)) screen.say(`${name}: no longer paired`);
      }
    }
    known = devices;
    await sleep(pollMs, signal);
  }
}

/** Offers one link and settles with whether it paired a browser; with null where too many are open to make one. */
async function offerLink(
  hub: Hub,
  { screen, name, onLink, signal }: Omit<ServeDevicesOptions, "pollMs">,
): Promise<boolean | null> {
  let pairing: Pairing;
  try {
    pairing = await hub.pair({ name });
  } catch (error) {
    if (!(error instanceof TooManyLinksError)) throw error;
    screen.say(`No link just now: ${error.message}.`);
    return null;
  }
  onLink?.(pairing);
  try {
    const { state } = await approveInTerminal(pairing, { terminal: screen, name, lan: hub.lan, signal });
    return state === "paired";
  } catch (error) {
    // A link that nobody waits for any more must not let anybody in.
    await pairing.refuse().catch(() => {});
    throw error;
  }
}

async function offerLinks(hub: Hub, { screen, name, onLink, signal }: ServeDevicesOptions): Promise<void> {
  let wanted = name;
  let tellFirst = onLink;
  while (true) {
    const paired = await offerLink(hub, { screen, name: wanted, onLink: tellFirst, signal });
    if (paired !== null) tellFirst = undefined;
    if (paired) wanted = undefined;
    if (!screen.interactive) {
      screen.say("For another link, from another terminal: deno task devices --pair NAME");
      return;
    }
    screen.say(`Press Enter for ${paired ? "another" : "a new"} link.`);
    // The input has ended: nobody can ask for more.
    if (await screen.line(signal) === undefined) return;
  }
}

/**
 * Serves people at `screen` until `signal` aborts, and rejects with its reason then; rejects earlier with what goes wrong at
 * the hub.
 */
export async function serveDevices(hub: Hub, options: ServeDevicesOptions): Promise<never> {
  const { screen } = options;
  screen.say(`Serving ${hub.url}${hub.lan ? "" : " (this machine only; for phones add --lan)"}`);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const offering = offerLinks(hub, { ...options, signal });
  offering.catch((error) => failed.abort(error));
  try {
    return await watch(hub, { ...options, signal });
  } finally {
    failed.abort(new Error("the devices are not served any more"));
    await offering.catch(() => {});
    screen.show([]);
  }
}
