import type { RuntimeName } from "../src/schemas/measurement.ts";
import { launchChromiumDevice } from "./chromium.ts";
import type { Device } from "./device.ts";
import { createLocalDevice } from "./local.ts";
import { checkDeviceName, type DeviceServer, startDeviceServer } from "./server/start_device_server.ts";

export interface OpenDeviceOptions {
  /** What the device is going to measure on. */
  runtime: RuntimeName;
  /** Server of the probe page to pair through, shared by several devices. Default: one of the device's own. */
  server?: DeviceServer;
  /** Port of a server of its own. */
  port?: number;
  /** Lines for people: what a device waits for. */
  log?: (line: string) => void;
  /** Told where a browser has to go, when one is awaited. */
  onPairingUrl?: (url: string, name: string) => void;
  /** Ends the wait for a browser. */
  signal?: AbortSignal;
}

/**
 * Opens the device `name`: "here" (this machine, in a quiet process), "chromium" (the installed browser, launched), or
 * any other name: a browser that is paired under it. Waits for that browser until `signal` aborts.
 * RangeError for a name or runtime that cannot be; Error when the browser or the port cannot be had.
 */
export async function openDevice({ name }: { name: string }, options: OpenDeviceOptions): Promise<Device> {
  if (name === "here") return createLocalDevice(options.runtime);
  checkDeviceName(name);
  options.signal?.throwIfAborted();
  const server = options.server ?? await startDeviceServer(options);
  try {
    const device = name === "chromium"
      ? await launchChromiumDevice({ ...options, server })
      : await awaitBrowser(name, server, options);
    return options.server ? device : withServer(device, server);
  } catch (error) {
    if (!options.server) await server.close();
    throw error;
  }
}

async function awaitBrowser(
  name: string,
  server: DeviceServer,
  { onPairingUrl, signal }: OpenDeviceOptions,
): Promise<Device> {
  const { pairingUrl, device } = server.awaitDevice(name);
  onPairingUrl?.(pairingUrl, name);
  if (!signal) return await device;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([device, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The device, closing its own server too. */
function withServer(device: Device, server: DeviceServer): Device {
  return {
    ...device,
    async close() {
      await device.close();
      await server.close();
    },
  };
}
