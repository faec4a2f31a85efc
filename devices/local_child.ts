// The quiet process that runs one load on this machine; to this device a process of its own is what a fresh page load is
// to a browser. See serve_lines.ts for how it is spoken to.
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import * as z from "zod";
import { loadRequestSchema, type RuntimeName } from "../src/schemas/measurement.ts";
import { measureLoad, type Surroundings } from "./protocol/measure_load.ts";
import type { RuntimeHost, StartedRuntime, StartRuntime } from "./runtimes/runtime.ts";
import { runtimeFamilies, type RuntimeFamily } from "./runtimes/table.ts";
import { serveLines } from "./serve_lines.ts";

const messageSchema = z.strictObject({
  request: loadRequestSchema,
  /** Where the files of the networks lie, by SHA-256. */
  files: z.array(z.tuple([z.string(), z.string()])),
});

const families = {
  tfjs: () => import("./runtimes/tfjs.ts"),
  onnxruntime: () => import("./runtimes/onnxruntime.ts"),
} satisfies Record<RuntimeFamily, () => Promise<{ start: Partial<Record<RuntimeName, StartRuntime>> }>>;

const surroundings: Surroundings = {
  clock: () => performance.now(),
  // setTimeout would take 2 ms.
  rest: () => new Promise((resolve) => setImmediate(resolve)),
  facts: () => ({
    userAgent: navigator.userAgent,
    // Nobody else's code runs in this process, and nothing coarsens its clock.
    crossOriginIsolated: true,
    hardwareConcurrency: navigator.hardwareConcurrency,
    deviceMemoryGb: Math.round(Deno.systemMemoryInfo().total / 2 ** 30 * 10) / 10,
    wakeLock: "absent",
  }),
};

function hostOf(files: ReadonlyMap<string, string>): RuntimeHost {
  return {
    clock: surroundings.clock,
    async modelFile(sha256) {
      const path = files.get(sha256);
      if (path === undefined) throw new Error(`no file was given for the hash ${sha256}`);
      const bytes = await Deno.readFile(path);
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`${path} has changed meanwhile`);
      return bytes;
    },
  };
}

async function startRuntime(name: RuntimeName, host: RuntimeHost): Promise<StartedRuntime> {
  const { start }: { start: Partial<Record<RuntimeName, StartRuntime>> } = await families[runtimeFamilies[name]]();
  const runtime = await start[name]?.(host);
  if (!runtime) throw new Error(`no such runtime: ${name}`);
  if (runtime.softwareAdapter) {
    throw new Error(
      `${name} needs a GPU, and this machine emulates one (${runtime.backend}); ${runtimeFamilies[name]}-wasm fits`,
    );
  }
  return runtime;
}

// Libraries that talk would do so amid the answers.
console.log = console.info = console.debug = console.error;

await serveLines(async (message, tell) => {
  const { request, files } = messageSchema.parse(message);
  const runtime = await startRuntime(request.runtime, hostOf(new Map(files)));
  return await measureLoad(request, runtime, surroundings, {
    onRounds: (rounds) => tell({ rounds }),
    onActivity: (activity) => void tell({ activity }),
  });
});
