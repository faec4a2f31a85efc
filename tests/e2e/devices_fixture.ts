// What the tests of devices in real browsers share.
import { assertStringIncludes } from "@std/assert";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumArguments } from "../../devices/browsers/chromium.ts";
import { chromiumPath } from "../../devices/browsers/find_browser.ts";
import type { Hub } from "../../devices/hub.ts";
import { openHub } from "../../devices/open_hub.ts";
import { openSessionParts, type SharedSessionParts } from "../../devices/open_session_parts.ts";
import {
  type LoadRequest,
  type Model,
  type ProfileName,
  PROTOCOL,
  type RawLoad,
  type RuntimeName,
  runtimeSchema,
} from "../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../devices/tiny_architecture.ts";

export const tinyModel: Model = {
  name: "tiny",
  source: { kind: "architecture", architecture: tinyArchitecture, seed: 9 },
  input: { shape: [1, 8, 8, 1], seed: 9, channelsFirst: false },
};

/** Software adapters for WebGPU, which no user gets: results are right, and never valid. */
export const softwareGpuArguments = ["--use-webgpu-adapter=swiftshader"];

export interface Site {
  hub: Hub;
  parts: SharedSessionParts;
  dataDir: string;
  /** What the hub told people. */
  lines: string[];
}

/** A hub with a data folder of its own; both are gone after `fn`. */
export async function withHub(fn: (site: Site) => Promise<void>, options: { lan?: boolean } = {}): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-e2e-" });
  const lines: string[] = [];
  const hub = await openHub({ dataDir, lan: options.lan, log: (line) => lines.push(line) });
  try {
    const parts = await openSessionParts({ dataDir, files: new Map() });
    try {
      await fn({ hub, parts, dataDir, lines });
    } finally {
      await parts.close();
    }
  } finally {
    await hub.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** A Chromium that tests look into; closed after `fn`. */
export async function withChromium(
  fn: (browser: Browser) => Promise<void>,
  more: readonly string[] = softwareGpuArguments,
): Promise<void> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    chromiumSandbox: Deno.uid() !== 0,
    args: [...chromiumArguments(runtimeSchema.options), ...more],
  });
  try {
    await fn(browser);
  } finally {
    await browser.close();
  }
}

/** Pairs `page` as `name`; gives what went wrong in it so far and later. */
export async function pairPage(hub: Hub, page: Page, name = "laptop"): Promise<string[]> {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  const pairing = await hub.pair({ name });
  await page.goto(pairing.url);
  const { state } = await pairing.next({ signal: AbortSignal.timeout(60_000) });
  if (state !== "paired") throw new Error(`the pairing of ${name} came to "${state}"`);
  return problems;
}

export function usesGpu(runtime: RuntimeName): boolean {
  return /webgl|webgpu/.test(runtime);
}

/**
 * One load of `tinyModel` on `runtime`, with what this machine computes. A whole one of `profile`, else a short one: a
 * test that does something in the midst of a load wants one that cannot end before, however slow the test is.
 */
export async function tinyLoad(
  { parts }: Site,
  runtime: RuntimeName,
  { profile }: { profile?: ProfileName } = {},
): Promise<{ request: LoadRequest; files: ReadonlyMap<string, string>; expected: number[][] }> {
  const { networks, files, expected, errors } = await parts.prepare([tinyModel], runtime);
  const error = errors.find((error) => error !== undefined);
  if (error !== undefined) throw new Error(error);
  const request: LoadRequest = {
    protocol: PROTOCOL,
    runtime,
    profile: profile ?? "fast",
    seed: 1,
    load: 0,
    loads: 1,
    networks,
    // An emulated GPU takes up to a second for an inference.
    ...profile ? {} : { maximumInferences: usesGpu(runtime) ? 40 : 600 },
  };
  return { request, files, expected };
}

/** Starts a load on a paired device; its rejection counts where it is awaited, not before. */
export async function startLoad(
  site: Site,
  runtime: RuntimeName,
  options: { name?: string; waitMs?: number; profile?: ProfileName; activities?: string[] } = {},
): Promise<{ load: Promise<RawLoad>; expected: number[][] }> {
  const { request, files, expected } = await tinyLoad(site, runtime, options);
  const load = site.hub.runLoad(options.name ?? "laptop", request, {
    files,
    waitMs: options.waitMs ?? 60_000,
    onActivity: (activity) => options.activities?.push(activity),
    // A busy machine is given 90 s to cool down in a standard load.
    signal: AbortSignal.timeout(300_000),
  });
  load.catch(() => {});
  return { load, expected };
}

/** Largest difference of the outputs of a load from this machine's, over the largest of those. */
export function outputDifference({ report }: RawLoad, expected: readonly number[][]): number {
  return Math.max(...report.networks.map((network, index) => {
    if (network.outcome !== "timed") throw new Error(`network ${index}: ${network.reason}`);
    const scale = Math.max(...expected[index].map(Math.abs));
    return Math.max(...expected[index].map((value, at) => Math.abs(network.outputs[at] - value))) / scale;
  }));
}

/** Waits until the page's headline includes `text`; gives all that the page shows. */
export async function headline(page: Page, text: string, timeoutMs = 60_000): Promise<string> {
  try {
    await page.locator("#headline", { hasText: text }).waitFor({ timeout: timeoutMs });
  } catch {
    const shown = await page.locator("main").innerText({ timeout: 1000 }).catch(() => "nothing");
    throw new Error(`the page did not come to "${text}" within ${timeoutMs / 1000} s; it shows: ${shown}`);
  }
  return await page.locator("main").innerText();
}

/** Waits until `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asserts that one of `lines` includes `text`. */
export function assertSaid(lines: readonly string[], text: string): void {
  assertStringIncludes(lines.join("\n"), text);
}
