import type { RuntimeName } from "../src/schemas/measurement.ts";
import { type BrowserName, launchBrowserDevice, launchers } from "./browsers/launch_browser_device.ts";
import { checkDeviceName } from "./device_name.ts";
import type { Device } from "./device.ts";
import type { Hub, HubOptions } from "./hub.ts";
import { createLocalDevice } from "./local.ts";
import { createLocalTurns, inTurn } from "./local_turns.ts";
import { openHub } from "./open_hub.ts";
import { openSessionParts } from "./open_session_parts.ts";
import { pairDevice, type SettlePairing } from "./pair_device.ts";
import { createPairedDevice } from "./paired_device.ts";
import { untilPresent } from "./until_present.ts";

export interface OpenDevicesOptions {
  /** Folder of pairings, caches and the references' nominal times. */
  dataDir: string;
  /** What the devices are going to measure on: decides the flags of launched browsers. */
  runtimes: readonly RuntimeName[];
  /** Where the files of models lie on this machine, by SHA-256 (readModel gives them). */
  files?: ReadonlyMap<string, string>;
  /** Serve the probe page to the local network, by HTTPS. */
  lan?: boolean;
  /** Port of the probe page. */
  port?: number;
  /** How long a paired browser may be away, and the pairing of a new one may take. Default 10 minutes. */
  deviceWaitMs?: number;
  /** Lines for people: what is waited for. */
  log?: (line: string) => void;
  /** Settles the pairing of a browser that is not known yet; absent: such a browser is an Error. */
  onPairing?: SettlePairing;
  /**
   * Told by `openDevices` of a device that cannot be had: whether the others are opened without it. Default: no.
   */
  onUnavailable?: (name: string, error: Error) => boolean;
  /** Drops the references' nominal times of what is measured, as if it were measured for the first time. */
  renewNominals?: boolean;
  /** Ends launches and waits for people. */
  signal?: AbortSignal;
  /** What devices are made of; for tests. */
  parts?: Partial<OpenerParts>;
}

/** What devices are made of. */
export interface OpenerParts {
  openHub: (options: HubOptions) => Promise<Hub>;
  openSessionParts: typeof openSessionParts;
  createLocalDevice: typeof createLocalDevice;
  launchBrowserDevice: typeof launchBrowserDevice;
}

/** Opens devices that share one hub, one reference and one queue for this machine's cores. */
export interface DeviceOpener {
  /** `names` with "all" replaced by every paired browser that is open now, each once. Error where none is. */
  expand(names: readonly string[]): Promise<string[]>;
  /**
   * Opens "here" (this machine, in quiet processes), "chromium" or "firefox" (installed, launched without a window), or the
   * browser that is paired under `name`, which is paired now if it is not known yet. RangeError for a name that cannot
   * be; Error, in one line, where the device cannot be had; the signal's reason when aborted.
   */
  open(name: string): Promise<Device>;
  /** Closes all that was opened, and logs what cannot be; safe to call twice. */
  close(): Promise<void>;
}

/** Devices that were opened together; whoever has them closes them. */
export interface OpenedDevices {
  /** In the order of the names. */
  devices: readonly Device[];
  close(): Promise<void>;
}

const defaultDeviceWaitMs = 600_000;

/** How long a browser of this machine may be away in the midst of its turn. */
const turnWaitMs = 20_000;

// Open pages ask a hub that has just started within this time.
const reunionMs = 8000;
const reunionPollMs = 500;

/** Names of paired browsers whose pages are open, once all are or after a while. */
async function presentDevices(hub: Hub, signal?: AbortSignal): Promise<string[]> {
  for (let waitsLeft = reunionMs / reunionPollMs;; waitsLeft--) {
    signal?.throwIfAborted();
    const devices = await hub.devices();
    const present = devices.filter(({ presence }) => presence !== "absent").map(({ name }) => name);
    if (present.length === devices.length || waitsLeft === 0) return present;
    await new Promise((resolve) => setTimeout(resolve, reunionPollMs));
  }
}

/** Whether the paired browser `name` runs on this machine; one that is not seen for a while, or `waitMs`, does not. */
async function isLocal(
  hub: Hub,
  name: string,
  { signal, waitMs }: { signal?: AbortSignal; waitMs: number },
): Promise<boolean> {
  for (let waitsLeft = Math.ceil(Math.min(reunionMs, waitMs) / reunionPollMs);; waitsLeft--) {
    signal?.throwIfAborted();
    const device = (await hub.devices()).find((paired) => paired.name === name);
    if (!device || device.presence !== "absent" || device.local !== undefined || waitsLeft === 0) {
      return device?.local ?? false;
    }
    await new Promise((resolve) => setTimeout(resolve, reunionPollMs));
  }
}

/** Of all that failed while a stack was disposed of. */
function messagesOf(error: Error): string {
  if (!(error instanceof SuppressedError)) return error.message;
  return `${messagesOf(error.suppressed)}; ${messagesOf(error.error)}`;
}

function isBrowserName(name: string): name is BrowserName {
  return Object.hasOwn(launchers, name);
}

/** See {@linkcode DeviceOpener}; nothing is started before the first `open` or `expand` that needs it. */
export function createDeviceOpener(options: OpenDevicesOptions): DeviceOpener {
  const { dataDir, runtimes, signal, log, deviceWaitMs = defaultDeviceWaitMs } = options;
  const parts: OpenerParts = { openHub, openSessionParts, createLocalDevice, launchBrowserDevice, ...options.parts };
  const cleanup = new AsyncDisposableStack();
  const turns = createLocalTurns();
  let hubOpening: Promise<Hub> | undefined;
  let shared: ReturnType<typeof openSessionParts> | undefined;

  function hub(): Promise<Hub> {
    return hubOpening ??= (async () => {
      const opened = await parts.openHub({ dataDir, port: options.port, lan: options.lan, log });
      cleanup.defer(() => opened.close());
      return opened;
    })();
  }

  function sessionParts(): ReturnType<typeof openSessionParts> {
    if (shared) return shared;
    const { files = new Map(), renewNominals } = options;
    const made = shared = parts.openSessionParts({ dataDir, files, renewNominals });
    cleanup.defer(() => made.close());
    return made;
  }

  function openLocal(): Device {
    return inTurn(parts.createLocalDevice(sessionParts()), turns);
  }

  /** In a turn of its own: the start of a browser keeps the cores busy. */
  function launch(name: BrowserName): Promise<Device> {
    return turns(async () => {
      const opened = await hub();
      let inSession = false;
      let relaunch: (() => void) | undefined;
      // One that died is launched again within its own turn: it must not disturb other devices' sessions.
      const onDied = (launch: () => void) => inSession ? launch() : relaunch = launch;
      const browser = await parts.launchBrowserDevice(name, { hub: opened, runtimes, log, signal, onDied });
      const { name: hubName, description, close } = browser;
      const { nominals, prepare } = sessionParts();
      const waitMs = Math.min(turnWaitMs, deviceWaitMs);
      const paired = { nominals, prepare, hubName, description, local: true, waitMs, close };
      const device = createPairedDevice(opened, name, paired);
      return inTurn({
        ...device,
        async measure(...session) {
          inSession = true;
          relaunch?.();
          relaunch = undefined;
          try {
            return await device.measure(...session);
          } finally {
            inSession = false;
          }
        },
      }, turns);
    }, signal);
  }

  async function openPaired(name: string): Promise<Device> {
    checkDeviceName(name);
    const opened = await hub();
    const { onPairing } = options;
    const { description } = await pairDevice(opened, name, { onPairing, waitMs: deviceWaitMs, signal });
    const { nominals, prepare } = sessionParts();
    const local = !opened.lan || await isLocal(opened, name, { signal, waitMs: deviceWaitMs });
    const paired = { nominals, prepare, description, local };
    if (!local) return createPairedDevice(opened, name, { ...paired, waitMs: deviceWaitMs });
    // One that goes away must not keep this machine's other devices waiting.
    const device = createPairedDevice(opened, name, { ...paired, waitMs: Math.min(turnWaitMs, deviceWaitMs) });
    return inTurn(device, turns, (session) => untilPresent(opened, name, { ...session, waitMs: deviceWaitMs }));
  }

  let closing: Promise<void> | undefined;
  return {
    async expand(names) {
      // First, so that no device of this machine is timed while the page is made.
      if (names.some((name) => name !== "here")) await hub();
      if (!names.includes("all")) return [...new Set(names)];
      const present = await presentDevices(await hub(), signal);
      if (present.length === 0) {
        throw new Error("--device all: no paired browser is open; pair one with deno task devices, or open its page");
      }
      return [...new Set(names.flatMap((name) => (name === "all" ? present : [name])))];
    },
    async open(name) {
      signal?.throwIfAborted();
      if (closing) throw new Error(`device "${name}" cannot be opened: its opener is closed`);
      const device = name === "here" ? openLocal() : isBrowserName(name) ? await launch(name) : await openPaired(name);
      if (closing) {
        await device.close();
        throw new Error(`device "${name}" is closed`);
      }
      cleanup.defer(() => device.close());
      return device;
    },
    close: () =>
      closing ??= cleanup.disposeAsync().catch((error: Error) =>
        log?.(`not all could be closed: ${messagesOf(error)}`)
      ),
  };
}

/**
 * Opens all of `names` (see {@linkcode DeviceOpener}) or none: the first one that cannot be had, and that `onUnavailable`
 * does not let go, closes the others, ends their waits, and is what this rejects with. So is the last one that is let go
 * where no other is left.
 */
export async function openDevices(names: readonly string[], options: OpenDevicesOptions): Promise<OpenedDevices> {
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const opener = createDeviceOpener({ ...options, signal });
  try {
    const expanded = await opener.expand(names);
    const opening = expanded.map((name) => opener.open(name));
    for (const [index, device] of opening.entries()) {
      device.catch((error) => {
        if (signal.aborted || !options.onUnavailable?.(expanded[index], error)) failed.abort(error);
      });
    }
    const settled = await Promise.allSettled(opening);
    failed.signal.throwIfAborted();
    const devices = settled.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    const last = settled.findLast((result) => result.status === "rejected");
    if (devices.length === 0 && last) throw last.reason;
    return { devices, close: () => opener.close() };
  } catch (error) {
    await opener.close();
    throw error;
  }
}
