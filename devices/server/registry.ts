// Which browsers are awaited, which are paired, and by which secrets they are known.
import { createHash, randomBytes } from "node:crypto";
import { createJobQueue, type JobQueue, type JobQueueOptions } from "./job_queue.ts";

/** A browser that was paired, or is to be. */
export interface PairedBrowser {
  readonly name: string;
  readonly queue: JobQueue;
  /** User agent; empty until paired. */
  description(): string;
  /** Resolves when it is first paired; rejects when the registry closes before. */
  readonly paired: Promise<void>;
}

/** What became of a token. */
export type PairResult =
  | { kind: "paired"; session: string; browser: PairedBrowser }
  | { kind: "again"; browser: PairedBrowser }
  | { kind: "used" }
  | { kind: "taken"; name: string }
  | { kind: "unknown" };

export interface Registry {
  /** The browser called `name`, with a new single-use token for it; its earlier unused tokens no longer count. */
  expect(name: string): { token: string; browser: PairedBrowser };
  /**
   * Exchanges a token for a session, which replaces the browser's earlier one. `session` is the one the browser already
   * has, if any: the browser that used a token may show it again.
   */
  pair(token: string, options: { session?: string; userAgent: string }): PairResult;
  browserOf(session: string): PairedBrowser | undefined;
  /** Ends `name`: closes its queue, which its page is told, and frees the name. */
  forget(name: string): Promise<void>;
  /** Ends all. */
  close(): Promise<void>;
}

interface BrowserRecord {
  browser: PairedBrowser;
  tokenHash: string;
  tokenUsed: boolean;
  sessionHash?: string;
  userAgent: string;
  onPaired(): void;
  onClosed(): void;
}

/** 32 random bytes as URL-safe text. */
function createSecret(): string {
  return randomBytes(32).toString("base64url");
}

// Secrets are looked up by their hash, so that the time of a look-up tells nothing about them.
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** A registry in memory: it lives as long as its server. */
export function createRegistry(options: Omit<JobQueueOptions, "name"> = {}): Registry {
  const records = new Map<string, BrowserRecord>();
  const byToken = new Map<string, BrowserRecord>();
  const bySession = new Map<string, BrowserRecord>();

  function createRecord(name: string): BrowserRecord {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nobody need be listening when the registry closes.
    promise.catch(() => {});
    const record: BrowserRecord = {
      browser: {
        name,
        queue: createJobQueue({ name, ...options }),
        description: () => record.userAgent,
        paired: promise,
      },
      tokenHash: "",
      tokenUsed: false,
      userAgent: "",
      onPaired: resolve,
      onClosed: () => reject(new Error(`device "${name}" was not paired before its server closed`)),
    };
    return record;
  }

  async function forget(name: string): Promise<void> {
    const record = records.get(name);
    if (!record) return;
    records.delete(name);
    byToken.delete(record.tokenHash);
    record.onClosed();
    // The session stays known, so that the page hears of the end instead of being a stranger.
    await record.browser.queue.close();
  }

  return {
    expect(name) {
      const record = records.get(name) ?? createRecord(name);
      records.set(name, record);
      const token = createSecret();
      byToken.delete(record.tokenHash);
      record.tokenHash = hashOf(token);
      record.tokenUsed = false;
      byToken.set(record.tokenHash, record);
      return { token, browser: record.browser };
    },
    pair(token, { session, userAgent }) {
      const record = byToken.get(hashOf(token));
      if (!record) return { kind: "unknown" };
      const { browser } = record;
      if (record.tokenUsed) {
        return session && bySession.get(hashOf(session)) === record ? { kind: "again", browser } : { kind: "used" };
      }
      // One cookie per browser: a second name would silently take the page of the first away.
      const other = session ? bySession.get(hashOf(session)) : undefined;
      if (other && other !== record && records.get(other.browser.name) === other) {
        return { kind: "taken", name: other.browser.name };
      }
      if (record.sessionHash) bySession.delete(record.sessionHash);
      const created = createSecret();
      record.tokenUsed = true;
      record.sessionHash = hashOf(created);
      record.userAgent = userAgent;
      bySession.set(record.sessionHash, record);
      record.onPaired();
      return { kind: "paired", session: created, browser };
    },
    browserOf: (session) => bySession.get(hashOf(session))?.browser,
    forget,
    async close() {
      await Promise.all([...records.keys()].map(forget));
    },
  };
}
