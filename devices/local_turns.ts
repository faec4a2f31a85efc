// Devices of this machine share its cores: side by side they would time each other. So whatever keeps them busy, the launch
// of a browser included, goes through one queue. Devices elsewhere have no need of it.
import { type Device, DeviceGoneError, type SessionOptions } from "./device.ts";

/** Runs `work` once all that was queued before is over; leaves the queue with the signal's reason when aborted. */
export type LocalTurns = <Result>(work: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>;

/** A queue of its own. */
export function createLocalTurns(): LocalTurns {
  let last: Promise<unknown> = Promise.resolve();
  return async (work, signal) => {
    signal?.throwIfAborted();
    const before = last;
    const { promise: over, resolve: leave } = Promise.withResolvers<void>();
    // Whoever leaves early still keeps the order: the next one waits for those before, too.
    last = Promise.all([before, over]);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      await Promise.race([before, aborted]);
      signal?.removeEventListener("abort", abort);
      return await work();
    } finally {
      signal?.removeEventListener("abort", abort);
      leave();
    }
  };
}

// A page that is opened and closed again and again ends here.
const absences = 5;

/**
 * `device`, whose sessions wait for their turn. `ready` waits, outside any turn, until the device is there: one that goes
 * away gives its turn back and begins anew once it is back. Rejects as `ready` does.
 */
export function inTurn(
  device: Device,
  turns: LocalTurns,
  ready?: (options: SessionOptions) => Promise<void>,
): Device {
  return {
    name: device.name,
    local: device.local,
    describe: () => device.describe(),
    async measure(request, options = {}) {
      for (let absencesLeft = absences;; absencesLeft--) {
        if (ready) await ready(options);
        try {
          return await turns(() => device.measure(request, options), options.signal);
        } catch (error) {
          if (!ready || absencesLeft === 0 || !(error instanceof DeviceGoneError)) throw error;
        }
      }
    },
    close: () => device.close(),
  };
}
