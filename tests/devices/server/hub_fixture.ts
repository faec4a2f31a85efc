// Programs that share a hub over real ports, in a data folder of the test's own.
import { assertEquals } from "@std/assert";
import { createKeys, SimulatedDevice } from "../../../bench/device_server/simulated_device.ts";
import type { Hub } from "../../../devices/hub.ts";

/** A hub without its page. */
export const parts = { assets: new Map() };

/** A browser that opens a link, over a real port. */
export async function openLink(url: string): Promise<{ device: SimulatedDevice; token: string }> {
  const { origin, hash } = new URL(url);
  const device = new SimulatedDevice(
    (path, init) => fetch(new URL(path, origin), { ...init, headers: { ...init.headers, Origin: origin } }),
    await createKeys(),
  );
  return { device, token: hash.slice(1).replace("&ask", "") };
}

export async function pairPhone(hub: Hub): Promise<SimulatedDevice> {
  const pairing = await hub.pair({ name: "phone" });
  const { device, token } = await openLink(pairing.url);
  await device.pair(token);
  assertEquals(await pairing.next(), { state: "paired", name: "phone" });
  await device.openSession();
  return device;
}

export async function withFolder(test: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  try {
    await test(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}
