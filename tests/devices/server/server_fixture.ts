// A server in memory, but for its database: routes are asked by app.request(), and the clock can be put forward.
import { createKeys, SimulatedDevice } from "../../../bench/device_server/simulated_device.ts";
import { createApp } from "../../../devices/server/app.ts";
import type { Asset } from "../../../devices/server/assets.ts";
import type { AuditEvent, AuditFields } from "../../../devices/server/audit.ts";
import { Fleet, type LoadOrder } from "../../../devices/server/fleet.ts";
import type { Job } from "../../../devices/server/job.ts";
import { Database } from "../../../devices/server/open_database.ts";
import { createPairings } from "../../../devices/server/pairing.ts";
import { sampleReport, sampleRequest, sampleRounds } from "../../../bench/device_server/sample_load.ts";

export const host = "127.0.0.1:7411";
const text = new TextEncoder().encode("<!doctype html>");
const page: Asset = { type: "text/html", etag: '"1"', bytes: text.length, open: () => Promise.resolve(text) };

/** What tests change about how a device's requests arrive. */
export interface Arrival {
  host?: string;
  /** Null: none. */
  origin?: string | null;
  address?: string;
}

/** Opens a server over `dataDir`; close it. */
export function openServer(dataDir: string, { protocol = "http:" as "http:" | "https:", pollWaitMs = 20 } = {}) {
  let ahead = 0;
  const now = () => performance.timeOrigin + performance.now() + ahead;
  const events: { event: AuditEvent; fields: AuditFields }[] = [];
  const audit = (event: AuditEvent, fields: AuditFields = {}) => void events.push({ event, fields });
  const database = new Database(dataDir);
  const logged: string[] = [];
  const fleet = new Fleet({ database, audit, now, ownName: "test-program", log: (line) => logged.push(line) });
  const pairings = createPairings({ fleet, audit, now });
  const app = createApp({
    fleet,
    pairings,
    audit,
    now,
    assets: new Map([["/", page]]),
    hosts: ["127.0.0.1", "localhost"],
    port: 7411,
    protocol,
    pollWaitMs,
  });

  async function createDevice(arrival: Arrival = {}): Promise<SimulatedDevice> {
    return new SimulatedDevice(async (path, init) => {
      const headers: Record<string, string> = { Host: arrival.host ?? host, ...init.headers };
      const origin = arrival.origin === undefined ? `${protocol}//${host}` : arrival.origin;
      if (origin !== null && !("Origin" in headers)) headers.Origin = origin;
      return await app.request(path, { ...init, headers }, { address: arrival.address ?? "10.0.0.1" });
    }, await createKeys());
  }

  return {
    app,
    fleet,
    pairings,
    database,
    events,
    logged,
    now,
    wait: (milliseconds: number) => void (ahead += milliseconds),
    createDevice,
    async pairDevice(name: string): Promise<SimulatedDevice> {
      const device = await createDevice();
      await device.pair(pairings.open({ name, compare: false }).token);
      await device.openSession();
      return device;
    },
    order(name: string, options: Partial<LoadOrder> = {}): Job {
      return fleet.order({
        id: crypto.randomUUID(),
        name,
        owner: "test-program",
        request: sampleRequest(3),
        files: {},
        waitMs: Infinity,
        until: Infinity,
        ...options,
      });
    },
    close() {
      pairings.close();
      fleet.close();
      database.close();
    },
  };
}

export type TestServer = ReturnType<typeof openServer>;

/** Gives `test` a server over a fresh folder. */
export async function withServer(
  test: (server: TestServer, dataDir: string) => Promise<void>,
  options?: Parameters<typeof openServer>[1],
): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  const server = openServer(dataDir, options);
  try {
    await test(server, dataDir);
  } finally {
    server.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Rounds that took next to no time, so that any elapsed time is enough for them. */
export const someRounds = sampleRounds(2000, 1e-6);

export const measured = (rounds: number) => ({ outcome: "measured" as const, report: sampleReport(rounds) });

export async function errorOf(response: Response): Promise<string> {
  return (await response.json()).error;
}
