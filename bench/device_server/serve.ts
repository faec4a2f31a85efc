// The server's process: the hub as every program opens it, and the requester of endless loads. Each result is written to a
// file before the next load is asked for, so that a process that was killed leaves a record to be checked.
import { openHub } from "../../devices/open_hub.ts";
import { readLines } from "../../devices/lines.ts";
import { sampleRequest } from "./sample_load.ts";

const [dataDir, port, devices, resultsFile] = Deno.args;
const hub = await openHub({ dataDir, port: Number(port) }, { assets: new Map() });
const results = await Deno.open(resultsFile, { append: true, create: true });
const next = new Map<string, number>();
for (const line of Deno.readTextFileSync(resultsFile).split("\n").filter((line) => line)) {
  const { device, number } = JSON.parse(line);
  next.set(device, Math.max(next.get(device) ?? 0, number + 1));
}

/** The loads of one device, one after the other; the number is the seed, and comes back with the result. */
async function requestLoads(device: string): Promise<void> {
  for (let number = next.get(device) ?? 0;; number++) {
    const { rounds } = await hub.runLoad(device, sampleRequest(number), { waitMs: Infinity, files: new Map() });
    const line = JSON.stringify({ device, number, rounds: rounds.length });
    results.writeSync(new TextEncoder().encode(`${line}\n`));
  }
}

let stopping = false;
for (let index = 0; index < Number(devices); index++) {
  requestLoads(`device-${index}`).catch((error) => {
    if (stopping) return;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  });
}
console.log(JSON.stringify({ type: "ready", url: hub.url }));
for await (const _ of readLines(Deno.stdin.readable)) {
  stopping = true;
  await hub.close();
  console.log(JSON.stringify({ type: "stopped" }));
  Deno.exit(0);
}
