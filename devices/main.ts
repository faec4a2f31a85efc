// `deno task devices`
import { exitCodes, interruptSignal } from "../src/cli/interrupt_signal.ts";
import { runCommand } from "../src/cli/run_command.ts";
import { parseOptions } from "../src/cli/options.ts";
import { outputColumns } from "../src/cli/output_columns.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { type DevicesOptions, devicesOptionsSchema } from "../src/schemas/devices_options.ts";
import type { Hub } from "./hub.ts";
import { openHub } from "./open_hub.ts";
import { serveDevices } from "./serve_devices.ts";
import { deviceList } from "./terminal/device_list.ts";
import { openScreen, type Screen } from "./terminal/screen.ts";

const command = {
  name: "devices",
  summary: "Pairs browsers and phones, and serves them until Ctrl-C; measure and search find them then by name.",
  examples: [
    { call: "deno task devices --lan", purpose: "a phone: scan the QR code, compare six digits, say yes" },
    { call: "deno task devices", purpose: "another browser on this machine" },
    { call: "deno task devices --list", purpose: "who is paired, and whether it is there" },
    { call: "deno task devices --revoke phone", purpose: "let it in no more" },
  ],
};

/** Does what ends at once; undefined where none of that was asked for. */
async function answer(hub: Hub, { approve, json, list, revoke }: DevicesOptions): Promise<number | undefined> {
  if (approve !== undefined) {
    const approved = await hub.approve(approve);
    console.log(approved ? `let in the browser that shows ${approve}` : `no browser that shows ${approve} waits`);
    return approved ? exitCodes.done : exitCodes.failed;
  }
  if (revoke.length > 0) {
    const revoked = await Promise.all(revoke.map((name) => hub.revoke(name)));
    for (const [index, name] of revoke.entries()) {
      console.log(revoked[index] ? `revoked "${name}"` : `no browser is paired as "${name}"`);
    }
    return revoked.every(Boolean) ? exitCodes.done : exitCodes.failed;
  }
  if (list) {
    const devices = await hub.devices();
    console.log(json ? JSON.stringify({ devices }) : deviceList(devices, outputColumns(), Date.now()).join("\n"));
    return exitCodes.done;
  }
}

async function run(options: DevicesOptions, screen: Screen, signal: AbortSignal): Promise<number> {
  const { approve, dataDir, json, lan, list, pair, port, revoke } = options;
  // What ends at once has no page to speak of; that phones have to know a new authority must be said whatever happens.
  const quiet = !lan && (list || approve !== undefined || revoke.length > 0);
  const hub = await openHub({ dataDir, lan, port, log: quiet ? undefined : screen.say });
  try {
    const code = await answer(hub, options);
    if (code !== undefined) return code;
    return await serveDevices(hub, {
      screen,
      name: pair,
      signal,
      onLink: ({ url }) => json && console.log(JSON.stringify({ url: hub.url, pairingUrl: url })),
    });
  } finally {
    await hub.close();
  }
}

async function main(): Promise<number> {
  const options = parseOptions(devicesOptionsSchema, Deno.args, { command });
  if (options === null) return exitCodes.done;
  const screen = openScreen();
  const signal = interruptSignal();
  try {
    return await run(options, screen, signal);
  } catch (error) {
    if (signal.aborted) {
      screen.say("Stopped; pairings stay.");
      return exitCodes.interrupted;
    }
    if (error instanceof RangeError) throw new UsageError(error.message);
    screen.say((error as Error).message);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  } finally {
    screen.close();
  }
}

if (import.meta.main) await runCommand(main);
