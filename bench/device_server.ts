// What the device server bears: many paired devices at once, by the real protocol with real signatures over loopback, each
// leasing a load and submitting its samples every few seconds, and the server killed in the midst of it.
import * as z from "zod";
import { type Bench, commonOptions } from "./bench.ts";
import { describeMachine } from "./machine.ts";
import { rounded } from "./results.ts";
import { createKeys } from "./device_server/simulated_device.ts";
import type { ClientsOrder, ClientsResult } from "./device_server/clients.ts";
import { LineProcess } from "./line_process.ts";
import { DeviceStore } from "../devices/server/device_store.ts";
import { JobStore } from "../devices/server/job_store.ts";
import { Database } from "../devices/server/open_database.ts";
import { createSecret, hashOf } from "../devices/server/secrets.ts";

const options = z.strictObject({
  ...commonOptions,
  devices: z.int().min(1).max(5000).default(1000).meta({ description: "simulated devices" }),
  seconds: z.int().min(5).max(3600).default(60).meta({ description: "how long they work" }),
  period: z.number().min(0.5).default(5).meta({ description: "seconds between two loads of a device" }),
  kilobytes: z.number().min(0.1).max(200).default(20).meta({ description: "samples per load" }),
  processes: z.int().min(1).max(16).default(2).meta({ description: "processes that the devices share" }),
  kill: z.boolean().default(false).meta({ description: "kill the server (SIGKILL) at half time and start it again" }),
});

/** How long after a restart the rush of all devices is counted apart. */
const rushMs = 10_000;

const script = (name: string) => new URL(`device_server/${name}.ts`, import.meta.url).href;
const command = (
  name: string,
  ...args: string[]
) => [Deno.execPath(), "run", "-A", "--no-check", script(name), ...args];

function percentile(sorted: readonly number[], share: number): number | null {
  return sorted.length === 0 ? null : rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Pairs devices as the server does, in its store, before it runs. */
async function pairDevices(dataDir: string, count: number): Promise<ClientsOrder["devices"]> {
  const database = new Database(dataDir);
  const store = new DeviceStore(database);
  const devices = [];
  for (let index = 0; index < count; index++) {
    const { privateKey, publicKey } = await createKeys();
    const session = createSecret();
    const name = `device-${index}`;
    const at = Date.now();
    store.put({
      id: name,
      name,
      owner: null,
      publicKey,
      sessionHash: hashOf(session),
      userAgent: "simulated",
      pairedAt: at,
      lastSeenAt: at,
    });
    devices.push({ name, cookie: session, privateKey: await crypto.subtle.exportKey("jwk", privateKey), publicKey });
  }
  database.close();
  return devices;
}

/** Loads by how often the requester got them, and those whose result is still in the store. */
function readRecord(dataDir: string, resultsFile: string) {
  const taken = new Map<string, number>();
  for (const line of Deno.readTextFileSync(resultsFile).split("\n").filter((line) => line)) {
    const { device, number } = JSON.parse(line);
    const load = `${device}/${number}`;
    taken.set(load, (taken.get(load) ?? 0) + 1);
  }
  const database = new Database(dataDir);
  const stored = new JobStore(database).all().filter(({ state }) => state === "done")
    .map(({ device, request }) => `${device}/${JSON.parse(request).seed}`);
  const pairings = new DeviceStore(database).all().length;
  database.close();
  return { taken, stored: new Set(stored), pairings };
}

async function run({ devices, seconds, period, kilobytes, processes, kill }: z.output<typeof options>) {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-bench-" });
  const resultsFile = `${dataDir}/results.jsonl`;
  const port = freePort();
  const deadlineMs = (seconds + 60) * 1000;
  const startServer = async () => {
    const server = new LineProcess("server", command("serve", dataDir, String(port), String(devices), resultsFile), {
      deadlineMs,
    });
    return { server, ready: await server.answer() as { url: string } };
  };
  const peaks: (number | null)[] = [];
  let clients: LineProcess[] = [];
  const paired = await pairDevices(dataDir, devices);
  let { server, ready: { url } } = await startServer();
  try {
    clients = Array.from({ length: processes }, () => new LineProcess("devices", command("clients"), { deadlineMs }));
    const results = clients.map(async (client, index) => {
      const own = paired.filter((_, device) => device % processes === index)
        .map((device) => ({ ...device, cookie: `__Host-nacre-${port}=${device.cookie}` }));
      const order: ClientsOrder = {
        url,
        seconds,
        periodMs: period * 1000,
        sampleBytes: kilobytes * 1000,
        devices: own,
      };
      return await client.ask(order) as ClientsResult;
    });
    for (const result of results) result.catch(() => {});
    let killedAt = Infinity;
    if (kill) {
      await new Promise((resolve) => setTimeout(resolve, seconds * 500));
      peaks.push(server.peakMebibytes());
      killedAt = Date.now();
      await server.close();
      ({ server } = await startServer());
    }
    const answers = await Promise.all(results);
    peaks.push(server.peakMebibytes());
    await server.ask({ type: "stop" });

    const { taken, stored, pairings } = readRecord(dataDir, resultsFile);
    const accepted = answers.flatMap((answer) => answer.accepted);
    const lost = accepted.filter((load) => !taken.has(load) && !stored.has(load));
    const twice = [...taken].filter(([, times]) => times > 1).length + accepted.length - new Set(accepted).size;
    const inRush = (at: number) => at > killedAt && at < killedAt + rushMs;
    const latencies = (["session", "lease", "samples", "report"] as const).flatMap((request) => {
      const times = answers.flatMap((answer) => answer.times[request]);
      return (kill ? ["steady", "after the kill"] : ["steady"]).map((when) => {
        const chosen = times.filter(([at]) => inRush(at) === (when !== "steady")).map(([, ms]) => ms).sort((a, b) =>
          a - b
        );
        const [p50, p99] = [percentile(chosen, 0.5), percentile(chosen, 0.99)];
        return { request, when, count: chosen.length, p50Ms: p50, p99Ms: p99, maxMs: percentile(chosen, 1) };
      });
    });
    const failed: Record<string, number> = {};
    for (const answer of answers) {
      for (const [reason, times] of Object.entries(answer.failed)) failed[reason] = (failed[reason] ?? 0) + times;
    }
    return {
      machine: describeMachine(),
      devices,
      seconds,
      killed: kill,
      jobs: accepted.length,
      lost: lost.length,
      twice,
      pairingsLost: devices - pairings,
      serverPeakMebibytes: Math.max(...peaks.map((peak) => peak ?? 0)),
      notAnswered: failed,
      latencies,
    };
  } finally {
    await Promise.all([server, ...clients].map((child) => child.close()));
    await Deno.remove(dataDir, { recursive: true });
  }
}

export const bench: Bench<typeof options> = {
  name: "device-server",
  summary: "simulated devices that lease loads and submit samples: latency, memory, and what a killed server loses",
  options,
  run,
};
