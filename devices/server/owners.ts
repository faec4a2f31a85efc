// The other programs that share a hub. One that is killed cannot say that it leaves: it is no longer heard of.
import type { Fleet } from "./fleet.ts";

export interface Owners {
  /** The program is there. */
  heard(owner: string): void;
  /** The program has left, and its temporary pairings with it. */
  end(owner: string): void;
  /** Whether there are any. */
  any(): boolean;
  /** Stops the clock. */
  close(): void;
}

/** How often programs say that they are there. */
export const ownerHeardEveryMs = 20_000;
/** Generous: a program may be busy, and its launched browsers go with it. */
const ownerKeptMs = 180_000;

export function createOwners({ fleet, now }: { fleet: Pick<Fleet, "removeOwned">; now: () => number }): Owners {
  const heardAt = new Map<string, number>();

  function end(owner: string): void {
    heardAt.delete(owner);
    fleet.removeOwned(owner);
  }

  function expire(): void {
    for (const [owner, at] of heardAt) if (now() - at > ownerKeptMs) end(owner);
  }

  const timer = setInterval(expire, ownerHeardEveryMs);
  return {
    heard: (owner) => void heardAt.set(owner, now()),
    end,
    any() {
      expire();
      return heardAt.size > 0;
    },
    close: () => clearInterval(timer),
  };
}
