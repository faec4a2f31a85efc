// A program that serves a hub, to be killed. Arguments: data folder, port. Ends when its stdin closes.
import { openHub } from "../../../devices/open_hub.ts";

const [dataDir, port] = Deno.args;
const hub = await openHub({ dataDir, port: Number(port) }, { assets: new Map() });
console.log(hub.url);
for await (const _ of Deno.stdin.readable);
await hub.close();
Deno.exit(0);
