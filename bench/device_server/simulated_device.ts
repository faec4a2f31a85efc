// A paired browser without a browser: the real protocol with a real key, for tests and for many at once.
import {
  type Chunk,
  type Lease,
  type PairAnswer,
  type PollAnswer,
  type PollRequest,
  type PublicKey,
  type Report,
  signedText,
} from "../../devices/protocol/wire.ts";

/** Sends a request to the server: fetch with an origin, or an app's own `request`. */
export type Transport = (
  path: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Response>;

const curve = { name: "ECDSA", namedCurve: "P-256" };
const algorithm = { name: "ECDSA", hash: "SHA-256" };

export interface DeviceKeys {
  privateKey: CryptoKey;
  publicKey: PublicKey;
}

export async function createKeys(): Promise<DeviceKeys> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  if (x === undefined || y === undefined) throw new Error("a key without coordinates");
  return { privateKey, publicKey: { kty: "EC", crv: "P-256", x, y } };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export async function sign(key: CryptoKey, text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(text))));
}

export async function sha256Hex(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a device answered was not accepted. */
export class RefusedError extends Error {
  override name = "RefusedError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export class SimulatedDevice {
  cookie: string | undefined;
  page = crypto.randomUUID();

  constructor(readonly transport: Transport, readonly keys: DeviceKeys) {}

  /** Posts as its page would; gives the answer whatever it is. */
  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const cookie: Record<string, string> = this.cookie === undefined ? {} : { Cookie: this.cookie };
    const all = { "Content-Type": "application/json", ...cookie, ...headers };
    const response = await this.transport(path, { method: "POST", headers: all, body: text });
    const set = response.headers.get("Set-Cookie");
    if (response.ok && set) this.cookie = set.split(";")[0];
    return response;
  }

  async ask<Answer>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    const response = await this.post(path, body, headers);
    const answer = await response.json();
    if (!response.ok) throw new RefusedError(response.status, answer.error);
    return answer;
  }

  async pair(token: string, { name, path = "/api/pair" }: { name?: string; path?: string } = {}): Promise<PairAnswer> {
    const signature = await sign(this.keys.privateKey, `pair\n${token}`);
    return await this.ask(path, { token, name, publicKey: this.keys.publicKey, signature });
  }

  openSession(): Promise<{ name: string; lan: boolean }> {
    return this.ask("/api/session", { page: this.page });
  }

  poll(options: Partial<PollRequest> = {}): Promise<PollAnswer> {
    return this.ask("/api/jobs/next", { page: this.page, hidden: false, fresh: true, ...options });
  }

  /** The lease of the next job; an Error where there is none. */
  async lease(options: Partial<PollRequest> = {}): Promise<Lease> {
    const answer = await this.poll(options);
    if (answer.kind !== "lease") throw new Error(`got "${answer.kind}" instead of a lease`);
    return answer.lease;
  }

  /** Posts `body` signed for `lease`, with parts of what is signed replaced by those of `forged`. */
  async postSigned(
    path: string,
    lease: Lease,
    body: unknown,
    forged: { path?: string; lease?: Lease; key?: CryptoKey; body?: string } = {},
  ): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const signed = signedText(forged.path ?? path, forged.lease ?? lease, await sha256Hex(forged.body ?? text));
    const signature = await sign(forged.key ?? this.keys.privateKey, signed);
    return await this.post(path, text, { "Nacre-Signature": signature });
  }

  sendChunk(lease: Lease, chunk: Pick<Chunk, "sequence" | "rounds">): Promise<Response> {
    return this.postSigned(`/api/jobs/${lease.job}/samples`, lease, { nonce: lease.nonce, ...chunk });
  }

  sendReport(lease: Lease, report: Pick<Report, "chunks" | "outcome">): Promise<Response> {
    return this.postSigned(`/api/jobs/${lease.job}/report`, lease, { nonce: lease.nonce, ...report });
  }
}
