// The hub of the program that serves.
import { resolve } from "node:path";
import { DeviceGoneError } from "../device.ts";
import type { Hub, HubOptions, Pairing, PairingState } from "../hub.ts";
import { type Assets, loadAssets } from "./assets.ts";
import { createAudit } from "./audit.ts";
import { resultOf, settled } from "./await_job.ts";
import { type ControlDependencies, startControl } from "./control.ts";
import { Fleet } from "./fleet.ts";
import type { Job } from "./job.ts";
import type { HubLock } from "./hub_lock.ts";
import { Database } from "./open_database.ts";
import { createPairings, type Link } from "./pairing.ts";
import { startServer } from "./start_server.ts";

export interface LocalHubParts {
  lock: HubLock;
  /** Of this program, among those that share the hub. */
  ownName: string;
  /** What is served in place of the page; for tests. */
  assets?: Assets;
}

const pageToldMs = 50;

/** Milliseconds since 1970, never going back while this program runs. */
const monotonicNow = () => performance.timeOrigin + performance.now();

/**
 * Serves the page and the control listener, for this program under `ownName` and for others. Takes over `lock`, also
 * where it rejects.
 */
export async function startLocalHub(
  options: HubOptions,
  { lock, ownName, assets }: LocalHubParts,
): Promise<Hub> {
  const { lan = false, port, log } = options;
  const dataDir = resolve(options.dataDir);
  const cleanup = new AsyncDisposableStack();
  try {
    cleanup.defer(() => lock.release());
    const database = new Database(dataDir);
    cleanup.defer(() => database.close());
    const audit = createAudit(dataDir, { log });
    const fleet = new Fleet({ database, audit, now: monotonicNow, ownName, log });
    const pairings = createPairings({ fleet, audit, now: monotonicNow });
    const app = (assets ? Promise.resolve(assets) : loadAssets({ dataDir }))
      .then((assets) => ({ fleet, pairings, assets, audit, now: monotonicNow }));
    const stopWaits = new AbortController();
    const server = await startServer({ dataDir, port, lan, log, app }).catch((error) => {
      fleet.close();
      throw error;
    });
    const { url, localUrl, fingerprint } = server;
    audit("started", { reason: url });
    let shared = () => false;
    cleanup.defer(async () => {
      stopWaits.abort();
      pairings.close();
      // Where other programs share the hub, one of them is going to serve: pages are to look for it.
      fleet.close({ goesOn: shared() });
      // Pages that waited get their answer before the listener goes.
      await new Promise((resolve) => setTimeout(resolve, pageToldMs));
      await server.close();
      audit("stopped");
    });

    const open: ControlDependencies["open"] = ({ name, owner }) => {
      const link = pairings.open({ name, owner, compare: lan && owner === undefined });
      // The page asks its person for a name where the link leaves it open.
      const fragment = name === undefined ? `${link.token}&ask` : link.token;
      if (owner !== undefined) return { link, url: `${localUrl}#${fragment}` };
      return { link, url: `${url}#${fragment}`, fingerprint };
    };
    const revoke = (name: string, owner: string) => {
      const device = fleet.find(name, owner);
      if (!device) return false;
      fleet.remove(device);
      audit("revoked", { device: name });
      return true;
    };
    const control = startControl({ fleet, pairings, open, revoke, now: monotonicNow });
    shared = control.shared;
    cleanup.defer(() => control.close());
    lock.publish({ url: control.url, secret: control.secret, pid: Deno.pid, pageUrl: url, localUrl, lan });

    let closing: Promise<void> | undefined;
    return {
      url,
      lan,
      devices: () => Promise.resolve(fleet.lasting()),
      // deno-lint-ignore require-await -- a wrong name rejects, as with a hub of another program
      async pair({ name, temporary = false } = {}) {
        const { link, url, fingerprint } = open({ name, owner: temporary ? ownName : undefined });
        return pairingOf(link, { url, fingerprint });
      },
      approve: (code) => Promise.resolve(pairings.approve(code)),
      revoke: (name) => Promise.resolve(revoke(name, ownName)),
      async runLoad(name, request, { signal, onActivity, waitMs, files }) {
        signal?.throwIfAborted();
        if (closing) throw new Error(`device "${name}": its hub is closed`);
        let told: string | undefined;
        const tell = (job: Job) => {
          const activity = fleet.activity(job);
          if (activity !== told) onActivity?.(told = activity);
        };
        const job = fleet.order({
          id: crypto.randomUUID(),
          name,
          owner: ownName,
          request,
          files: absolutePaths(files),
          waitMs,
          until: Infinity,
        });
        await settled(job, { signals: signal ? [signal, stopWaits.signal] : [stopWaits.signal], tell });
        if (signal?.aborted) {
          fleet.forget(job);
          throw signal.reason;
        }
        if (!job.outcome) throw new DeviceGoneError(name, `device "${name}": its hub was closed`);
        try {
          return resultOf(fleet, job, name);
        } finally {
          fleet.forget(job);
        }
      },
      close: () => closing ??= cleanup.disposeAsync(),
    };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

/** Paths that hold wherever they are read. */
export function absolutePaths(files: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...files].map(([sha256, path]) => [sha256, resolve(path)]));
}

const pairingWaitMs = 60_000;

function pairingOf(link: Link, { url, fingerprint }: Pick<Pairing, "url" | "fingerprint">): Pairing {
  let seen = 0;
  return {
    url,
    fingerprint,
    expiresAt: link.expiresAt,
    async next({ signal } = {}): Promise<PairingState> {
      for (;;) {
        signal?.throwIfAborted();
        // A link ends within minutes, and its end stays the answer.
        const last = link.states.at(-1);
        const index = seen === link.states.length && last && last.state !== "asks" ? seen - 1 : seen;
        const state = await link.state(index, { waitMs: pairingWaitMs, signal });
        signal?.throwIfAborted();
        if (!state) continue;
        seen = index + 1;
        return state;
      }
    },
    approve: (code) => Promise.resolve(link.approve(code)),
    refuse: () => Promise.resolve(link.refuse()),
  };
}
