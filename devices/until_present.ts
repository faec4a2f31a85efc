import { DeviceGoneError, type SessionOptions } from "./device.ts";
import type { Hub } from "./hub.ts";

const pollMs = 1000;

/**
 * Waits until the page of the paired browser `name` is open and in front, telling what it waits for. DeviceGoneError after
 * `waitMs`, or at once where the pairing has ended; the signal's reason when aborted.
 */
export async function untilPresent(
  hub: Pick<Hub, "devices">,
  name: string,
  { waitMs, signal, onProgress }: SessionOptions & { waitMs: number },
): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const device = (await hub.devices()).find((paired) => paired.name === name);
    if (!device) throw new DeviceGoneError(name, `device "${name}" is not paired any more`);
    const { presence } = device;
    if (presence === "ready" || presence === "measuring") return;
    const lack = presence === "hidden"
      ? "its page is hidden; bring it to the front"
      : "its page is not open; open it again";
    if (performance.now() - startMs >= waitMs) {
      throw new DeviceGoneError(name, `device "${name}" did not come back within ${waitMs / 1000} s: ${lack}`);
    }
    onProgress?.({ load: 1, loads: 1, activity: `waits: ${lack}` });
    await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, waitMs)));
  }
}
