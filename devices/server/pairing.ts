// Links that pair one browser each: a single-use token, a proof that the browser holds its key, and where the page can be
// reached from other machines six digits that a person compares. In memory only: a link lives for two minutes.
import { checkDeviceName } from "../device_name.ts";
import { type PairingState, TooManyLinksError } from "../hub.ts";
import type { PairRequest, PublicKey } from "../protocol/wire.ts";
import type { Audit } from "./audit.ts";
import type { Fleet, FleetDevice } from "./fleet.ts";
import { createSecret, hashOf } from "./secrets.ts";
import { importPublicKey, verifies } from "./signature.ts";

export interface Link {
  readonly id: string;
  /** Goes into the link's fragment. */
  readonly token: string;
  readonly expiresAt: number;
  /** In the order they came; the last one may be final. */
  readonly states: readonly PairingState[];
  /** Resolves with state number `index`, or with null after `waitMs` or when aborted. */
  state(index: number, options: { waitMs: number; signal?: AbortSignal }): Promise<PairingState | null>;
  approve(code: string): boolean;
  refuse(): void;
}

/** What a browser that shows a token gets. */
export type ClaimResult =
  | { kind: "asked"; name: string; code: string }
  /** With a session cookie to be set. */
  | { kind: "paired"; name: string; session: string }
  | { kind: "refused" | "unknown" | "used" | "forged" };

export interface Pairings {
  /** TooManyLinksError with 3 links open. `owner`: of a temporary pairing. `compare`: a person has to approve. */
  open(options: { name?: string; owner?: string; compare: boolean }): Link;
  link(id: string): Link | undefined;
  /** Lets the browser in that shows `code`, whichever link it opened. */
  approve(code: string): boolean;
  claim(
    request: PairRequest,
    context: { userAgent: string; address: string; former?: FleetDevice; may: "claim" | "look" },
  ): Promise<ClaimResult>;
  close(): void;
}

const linkMs = 120_000;
const openAtMost = 3;
/** Names that mean something else on the command line. */
const reserved = ["all", "here", "chromium", "firefox"];

interface Claim {
  publicKey: PublicKey;
  name: string;
  code: string;
  userAgent: string;
  address: string;
  /** What the browser was paired as so far, as long as that still has the browser's key. */
  former?: { device: FleetDevice; publicKey: PublicKey };
}

function sameKey(a: PublicKey, b: PublicKey): boolean {
  return a.x === b.x && a.y === b.y;
}

interface OpenLink extends Link {
  readonly tokenHash: string;
  readonly name?: string;
  readonly owner?: string;
  readonly compare: boolean;
  claimed?: Claim;
  states: PairingState[];
  watchers: Set<() => void>;
  timer: ReturnType<typeof setTimeout>;
  ended: boolean;
}

export function createPairings({ fleet, audit, now }: { fleet: Fleet; audit: Audit; now: () => number }): Pairings {
  const links = new Map<string, OpenLink>();

  function tell(link: OpenLink, state: PairingState): void {
    link.states.push(state);
    if (state.state !== "asks") {
      link.ended = true;
      clearTimeout(link.timer);
      // The page has yet to ask for the outcome.
      link.timer = setTimeout(() => links.delete(link.id), linkMs);
    }
    for (const watcher of [...link.watchers]) watcher();
  }

  function expire(link: OpenLink): void {
    audit("expired", { device: link.claimed?.name ?? link.name });
    tell(link, { state: "expired" });
  }

  function admit(link: OpenLink, claim: Claim): { name: string; session: string } {
    const { publicKey, userAgent, address } = claim;
    const former = claim.former && sameKey(claim.former.device.record.publicKey, claim.former.publicKey)
      ? claim.former.device
      : undefined;
    // Another browser may have got the name meanwhile, which only a link of that name may take from it.
    const taken = link.name === undefined && former?.record.name !== claim.name && fleet.names().includes(claim.name);
    const name = taken ? uniqueName(claim.name) : claim.name;
    const session = fleet.admit({ name, owner: link.owner, publicKey, userAgent, address });
    // A browser has one cookie, so its pairing under another name could never be used again.
    if (link.owner === undefined && former && former.record.name !== name) {
      fleet.remove(former);
      audit("revoked", { device: former.record.name, reason: `now called ${name}` });
    }
    audit("paired", { device: name, address });
    tell(link, { state: "paired", name });
    return { name, session };
  }

  /** A name that no browser has, and none is about to get. */
  function uniqueName(proposed: string): string {
    const coming = [...links.values()].filter(({ ended, owner }) => !ended && owner === undefined)
      .flatMap(({ name, claimed }) => [name, claimed?.name]);
    const taken = new Set([...reserved, ...fleet.names(), ...coming]);
    for (let number = 1;; number++) {
      const name = number === 1 ? proposed : `${proposed.slice(0, 32 - `-${number}`.length)}-${number}`;
      if (!taken.has(name)) return name;
    }
  }

  /** Bound to link, key and a nonce of the server's: no other browser can come to show the same digits. */
  function createCode(link: OpenLink, { x, y }: PublicKey): string {
    const shown = new Set([...links.values()].map(({ claimed }) => claimed?.code));
    for (;;) {
      const digest = hashOf(["nacre pairing code", link.tokenHash, x, y, createSecret()].join("\n"));
      const code = String(parseInt(digest.slice(0, 12), 16) % 1_000_000).padStart(6, "0");
      if (!shown.has(code)) return code;
    }
  }

  function approve(link: OpenLink, code: string): boolean {
    if (link.ended || !link.compare || link.claimed?.code !== code) return false;
    audit("approved", { device: link.claimed.name, address: link.claimed.address });
    // Its page gets a session of its own making when it asks for the outcome; this one is known to nobody.
    admit(link, link.claimed);
    return true;
  }

  return {
    open({ name, owner, compare }) {
      if (name !== undefined) {
        checkDeviceName(name);
        if (owner === undefined && reserved.includes(name)) {
          throw new RangeError(`device name "${name}" is not allowed: it means another device`);
        }
      }
      if ([...links.values()].filter(({ ended }) => !ended).length >= openAtMost) {
        throw new TooManyLinksError(
          `${openAtMost} links for pairing are open already: use them, or wait until they expire`,
        );
      }
      const token = createSecret();
      const states: PairingState[] = [];
      const watchers = new Set<() => void>();
      const link: OpenLink = {
        id: crypto.randomUUID(),
        token,
        tokenHash: hashOf(token),
        name,
        owner,
        compare,
        expiresAt: Math.round(now()) + linkMs,
        states,
        watchers,
        ended: false,
        timer: setTimeout(() => expire(link), linkMs),
        state: (index, options) => nextState(link, index, options),
        approve: (code) => approve(link, code),
        refuse() {
          if (link.ended) return;
          audit("refused", { device: link.claimed?.name ?? name, address: link.claimed?.address });
          tell(link, { state: "refused" });
        },
      };
      links.set(link.id, link);
      audit("link opened", { device: name });
      return link;
    },
    link: (id) => links.get(id),
    approve: (code) => [...links.values()].some((link) => approve(link, code)),
    async claim({ token, name: proposed, publicKey, signature }, { userAgent, address, former, may }) {
      const key = await importPublicKey(publicKey).catch(() => null);
      if (!key || !await verifies(key, signature, `pair\n${token}`)) return { kind: "forged" };
      const tokenHash = hashOf(token);
      const link = [...links.values()].find((open) => open.tokenHash === tokenHash);
      const last = link?.states.at(-1);
      if (!link || last?.state === "expired") return { kind: "unknown" };
      const { claimed } = link;
      if (claimed && !sameKey(claimed.publicKey, publicKey)) return { kind: "used" };
      if (last?.state === "refused") return { kind: "refused" };
      if (last?.state === "paired") {
        const device = fleet.find(last.name, link.owner ?? "");
        if (!device || !sameKey(device.record.publicKey, publicKey)) return { kind: "unknown" };
        return { kind: "paired", name: last.name, session: fleet.renewSession(device) };
      }
      if (claimed) return { kind: "asked", name: claimed.name, code: claimed.code };
      if (may === "look") return { kind: "unknown" };
      const lasting = former?.record.owner === null ? former : undefined;
      const name = link.name ?? lasting?.record.name ?? uniqueName(proposed ?? "device");
      const claim: Claim = {
        publicKey,
        name,
        code: createCode(link, publicKey),
        userAgent,
        address,
        former: lasting && { device: lasting, publicKey: lasting.record.publicKey },
      };
      link.claimed = claim;
      if (!link.compare) return { kind: "paired", ...admit(link, claim) };
      clearTimeout(link.timer);
      link.timer = setTimeout(() => expire(link), linkMs);
      audit("asked", { device: name, address });
      tell(link, { state: "asks", name, code: claim.code, description: userAgent });
      return { kind: "asked", name, code: claim.code };
    },
    close() {
      for (const link of links.values()) {
        if (!link.ended) tell(link, { state: "expired" });
        clearTimeout(link.timer);
      }
      links.clear();
    },
  };
}

function nextState(
  link: OpenLink,
  index: number,
  { waitMs, signal }: { waitMs: number; signal?: AbortSignal },
): Promise<PairingState | null> {
  const present = link.states[index];
  if (present || signal?.aborted) return Promise.resolve(present ?? null);
  const { promise, resolve } = Promise.withResolvers<PairingState | null>();
  const done = () => resolve(link.states[index] ?? null);
  const timer = setTimeout(done, waitMs);
  link.watchers.add(done);
  signal?.addEventListener("abort", done);
  return promise.finally(() => {
    clearTimeout(timer);
    link.watchers.delete(done);
    signal?.removeEventListener("abort", done);
  });
}
