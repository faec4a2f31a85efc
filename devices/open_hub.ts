import { resolve } from "node:path";
import type { Hub, HubOptions } from "./hub.ts";
import { attachHub } from "./hub_client/remote_hub.ts";
import type { Assets } from "./server/assets.ts";
import { type ControlFile, lockHub, readControlFile } from "./server/hub_lock.ts";
import { startLocalHub } from "./server/local_hub.ts";
import { toldOnce } from "./server/told_once.ts";

const startDeadlineMs = 60_000;
const lookMs = 100;

/**
 * The hub of a data folder: served by this program if none does yet, else that of the program that does. Tests give other
 * `assets` to be served than the page.
 * Error where the port is busy, the page cannot be bundled, or `lan` is asked of a hub that serves this machine only.
 */
export async function openHub(options: HubOptions, { assets }: { assets?: Assets } = {}): Promise<Hub> {
  const dataDir = resolve(options.dataDir);
  // Names this program to the hub, whoever serves it.
  const ownName = `process-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
  const deadline = performance.now() + startDeadlineMs;

  const tell = toldOnce(options.log);

  async function takeOver(ended: ControlFile): Promise<Hub | null> {
    const lock = await lockHub(dataDir);
    if (!lock) return null;
    // The local network only sees what its person asked for.
    const { lan = false } = options;
    // Where paired browsers look for it, and where their cookies hold.
    const port = Number(new URL(lan ? ended.pageUrl : ended.localUrl).port);
    try {
      const hub = await startLocalHub({ ...options, dataDir, port, lan }, { lock, ownName, assets });
      const phones = ended.lan && !lan ? "; phones cannot reach it: for them, start it with --lan" : "";
      const where = lan ? "the local network" : "this machine only";
      options.log?.(
        `the program that served the probe page has ended; this one serves it now, to ${where}, at ${hub.url}${phones}`,
      );
      return hub;
    } catch (error) {
      tell(
        `the program that served the probe page has ended, and this one cannot serve it yet: ${
          (error as Error).message
        }`,
      );
      throw error;
    }
  }

  for (;;) {
    const lock = await lockHub(dataDir);
    if (lock) return await startLocalHub({ ...options, dataDir }, { lock, ownName, assets });
    const control = readControlFile(dataDir);
    if (control) {
      if (options.lan && !control.lan) {
        throw new Error(
          `process ${control.pid} serves the probe page to this machine only; stop it, or start it with --lan`,
        );
      }
      options.log?.(`the probe page is served by process ${control.pid}, at ${control.pageUrl}`);
      return attachHub(dataDir, { control, ownName, takeOver });
    }
    if (performance.now() > deadline) {
      throw new Error(`${dataDir}/devices/hub.lock: another program holds it, but does not serve the probe page`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
