import type { Hub, PairedDevice, Pairing, PairingState } from "./hub.ts";

/** How a pairing ended. */
export type PairingEnd = Exclude<PairingState, { state: "asks" }>;

/**
 * Shows the link of a pairing, lets a person compare the digits, and settles with the end: see terminal/approve.ts.
 * Rejects with the signal's reason when aborted.
 */
export type SettlePairing = (
  pairing: Pairing,
  context: { name: string; lan: boolean; signal: AbortSignal },
) => Promise<PairingEnd>;

export interface PairDeviceOptions {
  /** Absent: nobody can be asked, so that only browsers that are paired already can be had. */
  onPairing?: SettlePairing;
  /** How long a person may take once it is this browser's turn; links last shorter and are made anew meanwhile. */
  waitMs: number;
  signal?: AbortSignal;
}

/** Per hub: the pairing before, until it has ended. */
const pairingsBefore = new WeakMap<Hub, Promise<unknown>>();

/**
 * The browser that `hub` knows as `name`, paired now if it is not yet: one browser after the other, since a person can scan
 * one code at a time and few links may be open. Error where that was refused or did not happen in time; the signal's
 * reason when aborted.
 */
export async function pairDevice(hub: Hub, name: string, options: PairDeviceOptions): Promise<PairedDevice> {
  const { onPairing } = options;
  const paired = await known(hub, name);
  if (paired) return paired;
  if (!onPairing) throw new Error(`device "${name}" is not paired: run deno task devices --pair ${name}`);
  const before = pairingsBefore.get(hub) ?? Promise.resolve();
  const pairing = before.then(() => pairNow(hub, name, { ...options, onPairing }));
  pairingsBefore.set(hub, pairing.catch(() => {}));
  return await pairing;
}

async function known(hub: Hub, name: string): Promise<PairedDevice | undefined> {
  return (await hub.devices()).find((device) => device.name === name);
}

async function pairNow(
  hub: Hub,
  name: string,
  options: PairDeviceOptions & { onPairing: SettlePairing },
): Promise<PairedDevice> {
  const { onPairing, waitMs } = options;
  const deadline = AbortSignal.timeout(waitMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const late = () => new Error(`device "${name}" was not paired within ${Math.round(waitMs / 1000)} s`);
  while (!deadline.aborted) {
    options.signal?.throwIfAborted();
    const pairing = await hub.pair({ name });
    let end: PairingEnd;
    try {
      end = await onPairing(pairing, { name, lan: hub.lan, signal });
    } catch (error) {
      await pairing.refuse();
      throw deadline.aborted && !options.signal?.aborted ? late() : error;
    }
    if (end.state === "refused") throw new Error(`device "${name}" was not let in`);
    if (end.state === "paired") {
      const device = await known(hub, name);
      if (device) return device;
      throw new Error(`device "${name}" was paired as "${end.name}" and is not known any more`);
    }
  }
  throw late();
}
