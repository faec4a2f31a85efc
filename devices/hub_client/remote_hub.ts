// The hub that another program serves.
import { resolve } from "node:path";
import type { RawLoad } from "../../src/schemas/measurement.ts";
import { DeviceGoneError } from "../device.ts";
import type { Hub, Pairing, PairingState } from "../hub.ts";
import type { ControlFile } from "../server/hub_lock.ts";
import { absolutePaths } from "../server/local_hub.ts";
import { type ControlCall, ControlRefusedError, createControlCall, HubUnreachableError } from "./control_client.ts";

const retryMs = 500;

export interface AttachOptions {
  control: ControlFile;
  /** Of this program, among those that share the hub. */
  ownName: string;
  /** Serves in place of a hub that has ended; null where another program does so already. */
  takeOver: (control: ControlFile) => Promise<Hub | null>;
}

/**
 * Speaks to the hub that wrote `control`, and to those after it: one that is started anew goes on with what was asked. Where
 * none is while this program needs one, it serves itself.
 */
export function attachHub(dataDir: string, { control, ownName, takeOver }: AttachOptions): Hub {
  const call = createControlCall(resolve(dataDir));
  const closed = new AbortController();
  let own: Hub | undefined;
  let taking: Promise<Hub | null> | undefined;

  /** This program's own hub, if it has or can have one now. */
  async function serveInstead(): Promise<Hub | undefined> {
    if (own || closed.signal.aborted) return own;
    taking ??= takeOver(control).finally(() => taking = undefined);
    // Why it cannot be had now (for instance the port is not free yet) may pass: the caller tries again.
    own ??= await taking.catch(() => null) ?? undefined;
    return own;
  }

  async function pair(options: { name?: string; temporary?: boolean }): Promise<Pairing> {
    const body = { owner: ownName, name: options.name, temporary: options.temporary ?? false };
    return pairingOf(call, await rangeErrors(call("/pair", body)));
  }

  // That it has ended meanwhile shows when it is needed.
  call("/join", { owner: ownName }).catch(() => {});
  return {
    url: control.pageUrl,
    lan: control.lan,
    devices: async () => await (own ? own.devices() : call("/devices", {})),
    async pair(options = {}) {
      try {
        return await (own ? own.pair(options) : pair(options));
      } catch (error) {
        if (!(error instanceof HubUnreachableError)) throw error;
        const hub = await serveInstead();
        return await (hub ? hub.pair(options) : pair(options));
      }
    },
    approve: async (code) => await (own ? own.approve(code) : call("/approve", { code })),
    revoke: async (name) => await (own ? own.revoke(name) : call("/revoke", { owner: ownName, name })),
    async runLoad(name, request, options) {
      const { signal: asked, onActivity, waitMs, files } = options;
      if (own) return await own.runLoad(name, request, options);
      const signal = asked ? AbortSignal.any([asked, closed.signal]) : closed.signal;
      const id = crypto.randomUUID();
      const order = {
        id,
        owner: ownName,
        name,
        request,
        files: absolutePaths(files),
        waitMs: Number.isFinite(waitMs) ? waitMs : null,
      };
      let reachedAt = performance.now();
      let told: string | null = null;
      const tell = (activity: string) => {
        if (activity !== told) onActivity?.(told = activity);
      };
      try {
        for (let ordered = false;;) {
          try {
            if (!ordered) await call("/load", order, { signal });
            ordered = true;
            const answer = await call("/load/next", { id, name, activity: told }, { signal });
            reachedAt = performance.now();
            if ("load" in answer) return answer.load as RawLoad;
            tell(answer.activity);
          } catch (error) {
            if (error instanceof ControlRefusedError && error.kind === "gone") {
              throw new DeviceGoneError(name, error.message);
            }
            const unknown = error instanceof ControlRefusedError && error.kind === "unknown-job";
            if (!unknown && !(error instanceof HubUnreachableError)) throw error;
            if (performance.now() - reachedAt > waitMs) {
              throw new DeviceGoneError(name, `device "${name}": ${error.message}`);
            }
            // The hub that is next finds the job in the store, or gets the order again under its id.
            ordered = false;
            if (unknown) continue;
            tell("waits: the program that served its page has ended");
            const hub = await serveInstead();
            if (hub) return await hub.runLoad(name, request, options);
            await pause(retryMs, signal);
          }
        }
      } finally {
        // It may be gone; what is left of the job then goes with time.
        if (!own) await call("/load/end", { id }).catch(() => {});
      }
    },
    async close() {
      if (closed.signal.aborted) return;
      closed.abort(new Error("the hub is closed"));
      const hub = own ?? await taking?.catch(() => null);
      await (hub ? hub.close() : call("/leave", { owner: ownName }).catch(() => {}));
    },
  };
}

async function rangeErrors<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ControlRefusedError && error.kind === "range") throw new RangeError(error.message);
    throw error;
  }
}

function pairingOf(call: ControlCall, { id, url, expiresAt }: { id: string; url: string; expiresAt: number }): Pairing {
  let seen = 0;
  let last: PairingState | undefined;
  return {
    url,
    expiresAt,
    async next({ signal } = {}) {
      if (last && last.state !== "asks") return last;
      for (;;) {
        const state = await call("/pair/next", { id, index: seen }, { signal }).catch((error): PairingState => {
          if (error instanceof HubUnreachableError) return { state: "expired" };
          throw error;
        });
        if (!state) continue;
        seen++;
        return last = state;
      }
    },
    approve: (code) => call("/pair/approve", { id, code }),
    async refuse() {
      await call("/pair/refuse", { id });
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  });
}
