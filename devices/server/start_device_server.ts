import type { Device } from "../device.ts";
import { judge } from "../protocol/judge.ts";
import { createReference, type Reference } from "../reference.ts";
import { createApp } from "./app.ts";
import { loadAssets } from "./assets.ts";
import type { Presence } from "./job_queue.ts";
import { createRegistry, type PairedBrowser, type Registry } from "./registry.ts";

/** A browser that is expected to open its link. */
export interface AwaitedDevice {
  /** To be opened in one browser; works once. */
  pairingUrl: string;
  /** Resolves once a browser opened the link; rejects if the server closes before. */
  device: Promise<Device>;
}

export interface DeviceServer {
  readonly url: string;
  /** Expects a browser under `name` (see `checkDeviceName`). For a name that is paired already: a link to pair it anew. */
  awaitDevice(name: string): AwaitedDevice;
  /** Tells pages that it is over, then stops; safe to call twice. */
  close(): Promise<void>;
}

export interface DeviceServerOptions {
  /** Error if it is busy. Default: 7411, or any free one if that is busy. */
  port?: number;
  /** Lines for people: what a device waits for. */
  log?: (line: string) => void;
  /** How long a measurement may take, the wait for an absent browser included. Default 10 minutes. */
  measureDeadlineMs?: number;
}

const hostname = "127.0.0.1";
const defaultPort = 7411;
const closeDeadlineMs = 2000;

/** Throws a RangeError unless `name` can be that of a paired browser. */
export function checkDeviceName(name: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    throw new RangeError(
      `device name "${name}" is not allowed: up to 32 lower-case letters, digits and "-", not starting with "-"`,
    );
  }
}

function listen(handler: (request: Request) => Response | Promise<Response>, options: DeviceServerOptions) {
  const serve = (port: number) => Deno.serve({ hostname, port, onListen: () => {} }, handler);
  try {
    return serve(options.port ?? defaultPort);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    if (options.port !== undefined) {
      throw new Error(`Cannot serve the probe page: port ${options.port} is in use; choose another with --port`);
    }
    const server = serve(0);
    options.log?.(`port ${defaultPort} is in use, so the probe page is on port ${server.addr.port}`);
    return server;
  }
}

/**
 * Serves the probe page on this machine only (127.0.0.1) and turns browsers that open their links into devices.
 * Error if the port is busy or the page cannot be bundled.
 */
export async function startDeviceServer(options: DeviceServerOptions = {}): Promise<DeviceServer> {
  const registry = createRegistry();
  const reference = createReference();
  // The port first: that it is busy should be known at once.
  const server = listen(async (request) => (await app).fetch(request), options);
  const { port } = server.addr;
  const app = loadAssets().then((assets) => createApp({ registry, assets, port }));
  const url = `http://${hostname}:${port}/`;
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await registry.close();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => timer = setTimeout(resolve, closeDeadlineMs));
    await Promise.race([server.shutdown(), deadline]);
    clearTimeout(timer);
    await reference.close();
  }

  try {
    await app;
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    awaitDevice(name) {
      checkDeviceName(name);
      const { token, browser } = registry.expect(name);
      const device = browser.paired.then(() => createPairedDevice(browser, { registry, reference, options }));
      device.catch(() => {});
      return { pairingUrl: `${url}#${token}`, device };
    },
    close: () => closing ??= close(),
  };
}

const presenceLines = {
  ready: "is back",
  hidden: "waits: bring its page to the front",
  absent: "waits: its page is not open; open it again, or wake the device",
} satisfies Record<Presence, string>;

function createPairedDevice(
  browser: PairedBrowser,
  { registry, reference, options }: { registry: Registry; reference: Reference; options: DeviceServerOptions },
): Device {
  const { name, queue } = browser;
  const { log, measureDeadlineMs = 600_000 } = options;
  const describe = () => ({ name, kind: "browser" as const, description: browser.description() });
  return {
    name,
    // The server is reached from this machine only.
    local: true,
    describe,
    async measure(job, { signal } = {}) {
      const onPresence = (presence: Presence) => log?.(`device "${name}" ${presenceLines[presence]}`);
      const raw = await queue.submit(job, { deadlineMs: measureDeadlineMs, signal, onPresence });
      const measuredAt = new Date();
      const referenceLogits = await reference.logits(job, { signal });
      return judge(raw, { job, device: describe(), referenceLogits, measuredAt });
    },
    close: () => registry.forget(name),
  };
}
