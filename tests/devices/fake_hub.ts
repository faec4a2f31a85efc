// A hub without a server: its pairings are settled by the test.
import { type Hub, type PairedDevice, type Pairing, type PairingState, TooManyLinksError } from "../../devices/hub.ts";

/** A pairing that a test drives. */
export interface FakePairing extends Pairing {
  readonly name?: string;
  /** What was approved, refused or tried. */
  readonly calls: string[];
  /** Makes `next` resolve with `state`. */
  tell(state: PairingState): void;
}

export interface FakePairingOptions {
  name?: string;
  /** Called by a right `approve`. */
  onApproved?: () => void;
}

/** A pairing; `approve` takes the digits of the last state it was told. */
export function fakePairing({ name, onApproved }: FakePairingOptions = {}): FakePairing {
  const states: PairingState[] = [];
  let wake: () => void = () => {};
  let code: string | undefined;
  const calls: string[] = [];
  const tell = (state: PairingState) => {
    if (state.state === "asks") code = state.code;
    states.push(state);
    wake();
  };
  return {
    name,
    calls,
    tell,
    url: `http://127.0.0.1:7411/#${"t".repeat(43)}`,
    expiresAt: Date.now() + 120_000,
    async next({ signal } = {}) {
      while (true) {
        signal?.throwIfAborted();
        const state = states.shift();
        if (state) return state;
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      }
    },
    approve(tried) {
      calls.push(`approve ${tried}`);
      if (tried !== code) return Promise.resolve(false);
      onApproved?.();
      tell({ state: "paired", name: name ?? "phone" });
      return Promise.resolve(true);
    },
    refuse() {
      calls.push("refuse");
      tell({ state: "refused" });
      return Promise.resolve();
    },
  };
}

export interface FakeHub extends Hub {
  readonly pairings: FakePairing[];
  paired: PairedDevice[];
  /** Whether too many links are open. */
  full: boolean;
  closed: number;
}

/** A paired browser that is open. */
export function pairedDevice(name: string, more: Partial<PairedDevice> = {}): PairedDevice {
  return { name, description: "Fake/1", presence: "ready", pairedAt: 0, lastSeenAt: 0, ...more };
}

/** A hub that knows `paired`; loads are run by `runLoad`. */
export function fakeHub(
  { lan = false, paired = [], runLoad = () => Promise.reject(new Error("not asked for")), onPair }: {
    lan?: boolean;
    paired?: PairedDevice[];
    runLoad?: Hub["runLoad"];
    onPair?: (pairing: FakePairing, hub: FakeHub) => void;
  } = {},
): FakeHub {
  const hub: FakeHub = {
    url: `${lan ? "https" : "http"}://127.0.0.1:7411/`,
    lan,
    pairings: [],
    paired,
    full: false,
    closed: 0,
    devices: () => Promise.resolve(hub.paired),
    pair({ name } = {}) {
      if (hub.full) return Promise.reject(new TooManyLinksError("3 links are open already"));
      const pairing = fakePairing({ name, onApproved: () => hub.paired.push(pairedDevice(name ?? "phone")) });
      hub.pairings.push(pairing);
      onPair?.(pairing, hub);
      return Promise.resolve(pairing);
    },
    approve: () => Promise.resolve(false),
    revoke: (name) => Promise.resolve(hub.paired.some((device) => device.name === name)),
    runLoad,
    close() {
      hub.closed++;
      return Promise.resolve();
    },
  };
  return hub;
}
