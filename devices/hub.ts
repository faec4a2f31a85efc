// The contract of a hub: whoever serves the probe page and knows the paired browsers. One per data folder: the first of
// `devices`, `measure` and `search` that needs one serves it, the others speak to it (openHub in open_hub.ts).
import type { LoadRequest, RawLoad } from "../src/schemas/measurement.ts";

/** What a paired browser does just now: measures, waits for a job, is open behind something else, or is not there. */
export type Presence = "measuring" | "ready" | "hidden" | "absent";

export interface PairedDevice {
  name: string;
  /** User agent. */
  description: string;
  presence: Presence;
  /** Milliseconds since 1970. */
  pairedAt: number;
  lastSeenAt: number;
  /** Whether it runs on this machine, by the address that it was last seen at; absent while it was not seen. */
  local?: boolean;
}

/** A link that pairs one browser, and what became of it. */
export interface Pairing {
  /** With a single-use token in the fragment; to be opened in one browser. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** SHA-256 of the certificate authority that phones are asked to trust, in hexadecimal; absent where that is none. */
  readonly fingerprint?: string;
  /** Resolves with the next state; the last ones are "paired", "refused" and "expired". */
  next(options?: { signal?: AbortSignal }): Promise<PairingState>;
  /** Lets the browser in that shows `code`; false where none that shows it waits. */
  approve(code: string): Promise<boolean>;
  /** Also withdraws a link nobody has used yet. */
  refuse(): Promise<void>;
}

export type PairingState =
  /** A browser opened the link and shows `code`: a person has to compare. Not where the page is on this machine only. */
  | { state: "asks"; name: string; code: string; description: string }
  | { state: "paired"; name: string }
  | { state: "refused" }
  | { state: "expired" };

/** As many links are open as may be, of whatever program. */
export class TooManyLinksError extends Error {
  override name = "TooManyLinksError";
}

export interface RunLoadOptions {
  signal?: AbortSignal;
  /** Told how far the load is, and what the device waits for. */
  onActivity?: (activity: string) => void;
  /** How long the device may be absent or hidden before this rejects with a DeviceGoneError. */
  waitMs: number;
  /** Where the files of the networks lie on this machine, by SHA-256. */
  files: ReadonlyMap<string, string>;
}

export interface Hub {
  /** Of the probe page, ending in "/"; another one where another program has come to serve it. */
  readonly url: string;
  /** Whether it is served to the local network, by HTTPS. */
  readonly lan: boolean;
  /** Lasting pairings, whether open or not, by name. */
  devices(): Promise<PairedDevice[]>;
  /**
   * A link for a browser that is to be called `name`, which replaces an earlier one of that name; without a name its
   * person chooses one. RangeError for a name that cannot be, TooManyLinksError with 3 links open. `temporary`: the
   * pairing ends with this hub, needs no approval, and its device is named by this program ("chromium").
   */
  pair(options?: { name?: string; temporary?: boolean }): Promise<Pairing>;
  /** Lets the browser in that shows `code`, whoever made its link; false where none that shows it waits. */
  approve(code: string): Promise<boolean>;
  /** Ends a pairing at once: its page is told, its jobs fail. False where there is none. */
  revoke(name: string): Promise<boolean>;
  /** One fresh load on a paired device; rejects as RunLoad of device.ts does. Loads of one device follow each other. */
  runLoad(name: string, request: LoadRequest, options: RunLoadOptions): Promise<RawLoad>;
  /** Stops serving where this program serves, after telling the pages; pairings stay. Safe to call twice. */
  close(): Promise<void>;
}

export interface HubOptions {
  dataDir: string;
  /** Default: 7411, or any free one if that is busy; Error if it is given and busy. */
  port?: number;
  /** Serve the local network, by HTTPS. */
  lan?: boolean;
  /** Lines for people. */
  log?: (line: string) => void;
}
