// A process of many simulated devices. Each leases a load, lets as much time go by as its samples claim, submits them, and
// does so again every few seconds; a server that does not answer is asked again.
import { readLines } from "../../devices/lines.ts";
import { sampleReport, sampleRounds } from "./sample_load.ts";
import { RefusedError, SimulatedDevice } from "./simulated_device.ts";

/** What the parent tells this process. */
export interface ClientsOrder {
  url: string;
  seconds: number;
  periodMs: number;
  sampleBytes: number;
  devices: { name: string; cookie: string; privateKey: JsonWebKey; publicKey: { x: string; y: string } }[];
}

export type RequestKind = "session" | "lease" | "samples" | "report";

/** What it answers at the end. */
export interface ClientsResult {
  type: "result";
  /** Milliseconds of each request that was answered, and when since the epoch. */
  times: Record<RequestKind, [at: number, ms: number][]>;
  /** Loads whose report was accepted, as `device/number`. */
  accepted: string[];
  /** Requests that were not answered, and those that were refused, by status. */
  failed: Record<string, number>;
}

const sampleMs = 0.5;
const retryMs = 250;
const answerDeadlineMs = 30_000;
/** By the last part of the path. */
const kinds: Record<string, RequestKind> = {
  session: "session",
  next: "lease",
  samples: "samples",
  report: "report",
};
const curve = { name: "ECDSA", namedCurve: "P-256" };

const result: ClientsResult = {
  type: "result",
  times: { session: [], lease: [], samples: [], report: [] },
  accepted: [],
  failed: {},
};

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function fail(reason: string): void {
  result.failed[reason] = (result.failed[reason] ?? 0) + 1;
}

/** Asks until there is an answer; gives null where that is a refusal. */
async function answered<Answer>(kind: RequestKind, ask: () => Promise<Answer>): Promise<Answer | null> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof RefusedError) {
        fail(`${kind}: ${error.status}`);
        return null;
      }
      fail(`${kind}: no answer`);
      await pause(retryMs);
    }
  }
}

/** A request as the device's network sees it: from its sending to the head of the answer, without the signing. */
async function timedFetch(url: URL, init: RequestInit): Promise<Response> {
  const start = performance.now();
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerDeadlineMs) });
  const kind = kinds[url.pathname.slice(url.pathname.lastIndexOf("/") + 1)];
  if (response.ok) result.times[kind].push([Date.now(), performance.now() - start]);
  return response;
}

async function ok(response: Promise<Response>): Promise<void> {
  const { status, ok, body } = await response;
  await body?.cancel();
  if (!ok) throw new RefusedError(status, "");
}

async function runDevice(name: string, device: SimulatedDevice, { seconds, periodMs, sampleBytes }: ClientsOrder) {
  const rounds = sampleRounds(sampleBytes, sampleMs);
  const claimedMs = rounds.flat().reduce((sum, ms) => sum + ms, 0);
  const end = performance.now() + seconds * 1000;
  // Spread over the period, as independent devices would be.
  await pause(Math.random() * periodMs);
  while (performance.now() < end) {
    const start = performance.now();
    device.page = crypto.randomUUID();
    const session = await answered("session", () => device.openSession());
    const answer = session && await answered("lease", () => device.poll());
    if (answer?.kind === "lease") {
      const { lease } = answer;
      await pause(claimedMs);
      await answered("samples", () => ok(device.sendChunk(lease, { sequence: 0, rounds })));
      const report = { chunks: 1, outcome: { outcome: "measured" as const, report: sampleReport(rounds.length) } };
      const reported = await answered("report", async () => (await ok(device.sendReport(lease, report)), true));
      if (reported) result.accepted.push(`${name}/${lease.request.seed}`);
    } else if (answer) fail(`lease: ${answer.kind}`);
    await pause(Math.max(0, periodMs - (performance.now() - start)));
  }
}

const { value: line } = await readLines(Deno.stdin.readable).next();
const order: ClientsOrder = JSON.parse(line ?? "");
const origin = new URL(order.url).origin;
const devices = await Promise.all(order.devices.map(async ({ name, cookie, privateKey, publicKey: { x, y } }) => {
  const key = await crypto.subtle.importKey("jwk", privateKey, curve, false, ["sign"]);
  const device = new SimulatedDevice(
    (path, init) => timedFetch(new URL(path, origin), { ...init, headers: { ...init.headers, Origin: origin } }),
    { privateKey: key, publicKey: { kty: "EC", crv: "P-256", x, y } },
  );
  device.cookie = cookie;
  return { name, device };
}));
await Promise.all(devices.map(({ name, device }) => runDevice(name, device, order)));
console.log(JSON.stringify(result));
Deno.exit(0);
