// The hub that another program serves.
import { resolve } from "node:path";
import type { RawLoad } from "../../src/schemas/measurement.ts";
import { DeviceGoneError } from "../device.ts";
import { type Hub, type Pairing, type PairingState, TooManyLinksError } from "../hub.ts";
import { type ControlFile, readControlFile } from "../server/hub_lock.ts";
import { absolutePaths } from "../server/local_hub.ts";
import { ownerHeardEveryMs } from "../server/owners.ts";
import { type ControlCall, ControlRefusedError, createControlCall, HubUnreachableError } from "./control_client.ts";

const retryMs = 500;
/** How long one who asks waits for a hub to come after one that has ended. */
const comeBackMs = 20_000;

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
export function attachHub(dataDir: string, { control: first, ownName, takeOver }: AttachOptions): Hub {
  let control = first;
  const call = createControlCall(resolve(dataDir));
  const closed = new AbortController();
  let own: Hub | undefined;
  let taking: Promise<Hub | null> | undefined;

  /** This program's own hub, if it has or can have one now. */
  async function serveInstead(): Promise<Hub | undefined> {
    if (own || closed.signal.aborted) return own;
    taking ??= takeOver(lastControl()).finally(() => taking = undefined);
    // Why it cannot be had now (for instance the port is not free yet) may pass: the caller tries again.
    own ??= await taking.catch(() => null) ?? undefined;
    return own;
  }

  /** Of the other program's hub that serves now, or served last. */
  function lastControl(): ControlFile {
    try {
      control = readControlFile(resolve(dataDir)) ?? control;
    } catch {
      // Whoever asks that hub hears what is wrong with its file.
    }
    return control;
  }

  /** What `ask` brings from the hub of another program or, where none serves any more, `askOwn` from this program's. */
  async function reach<Value>(ask: () => Promise<Value>, askOwn: (hub: Hub) => Promise<Value>): Promise<Value> {
    const deadline = performance.now() + comeBackMs;
    for (;;) {
      if (own) return await askOwn(own);
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof HubUnreachableError)) throw error;
        closed.signal.throwIfAborted();
        if (await serveInstead()) continue;
        if (performance.now() > deadline) throw error;
      }
      await pause(retryMs, closed.signal);
    }
  }

  async function pair(options: { name?: string; temporary?: boolean }): Promise<Pairing> {
    const body = { owner: ownName, name: options.name, temporary: options.temporary ?? false };
    return pairingOf(call, await namedErrors(call("/pair", body)));
  }

  // That it has ended meanwhile shows when it is needed.
  const join = () => void call("/join", { owner: ownName }).catch(() => {});
  join();
  const joining = setInterval(() => {
    if (!own) join();
  }, ownerHeardEveryMs);
  return {
    get url() {
      return own?.url ?? lastControl().pageUrl;
    },
    get lan() {
      return own?.lan ?? lastControl().lan;
    },
    devices: () => reach(() => call("/devices", {}), (hub) => hub.devices()),
    pair: (options = {}) => reach(() => pair(options), (hub) => hub.pair(options)),
    approve: (code) => reach(() => call("/approve", { code }), (hub) => hub.approve(code)),
    revoke: (name) => reach(() => call("/revoke", { owner: ownName, name }), (hub) => hub.revoke(name)),
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
      clearInterval(joining);
      const hub = own ?? await taking?.catch(() => null);
      await (hub ? hub.close() : call("/leave", { owner: ownName }).catch(() => {}));
    },
  };
}

type LinkShown = Pick<Pairing, "url" | "expiresAt" | "fingerprint">;

async function namedErrors<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ControlRefusedError)) throw error;
    if (error.kind === "range") throw new RangeError(error.message);
    throw error.kind === "too-many-links" ? new TooManyLinksError(error.message) : error;
  }
}

function pairingOf(call: ControlCall, { id, ...link }: { id: string } & LinkShown): Pairing {
  /** A link ends with its hub. */
  const ended = <Value>(value: Value) => (error: unknown): Value => {
    if (error instanceof HubUnreachableError) return value;
    throw error;
  };
  let seen = 0;
  let last: PairingState | undefined;
  return {
    ...link,
    async next({ signal } = {}) {
      if (last && last.state !== "asks") return last;
      for (;;) {
        const state = await call("/pair/next", { id, index: seen }, { signal }).catch(
          ended<PairingState>({ state: "expired" }),
        );
        if (!state) continue;
        seen++;
        return last = state;
      }
    },
    approve: (code) => call("/pair/approve", { id, code }).catch(ended(false)),
    async refuse() {
      await call("/pair/refuse", { id }).catch(ended(null));
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
