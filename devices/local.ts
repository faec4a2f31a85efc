import { cpus } from "node:os";
import type { RuntimeName } from "../src/schemas/measurement.ts";
import type { Device } from "./device.ts";
import { createLocalLoads } from "./local_load.ts";
import { measureSession, type SessionContext } from "./session.ts";

/** Runtimes that need no browser; those on WebGPU refuse an emulated GPU. */
const localRuntimes: readonly RuntimeName[] = [
  "tfjs-wasm",
  "onnxruntime-wasm",
  "tfjs-webgpu",
  "onnxruntime-webgpu",
];

/**
 * This machine as a device: each load runs in a fresh, quiet process. Its `measure` rejects runtimes that only browsers
 * have.
 */
export function createLocalDevice(
  { prepare, nominals }: Pick<SessionContext, "prepare" | "nominals">,
): Device & { pid(): number | undefined } {
  const closed = new AbortController();
  const { runLoad, pid } = createLocalLoads();
  /** Sessions under way: their processes are gone when they end. */
  const sessions = new Set<Promise<unknown>>();
  const processors = cpus();
  const device = {
    name: "here",
    kind: "process" as const,
    description: `${processors[0]?.model ?? "unknown CPU"}, ${processors.length} cores, Deno ${Deno.version.deno}`,
  };
  return {
    name: "here",
    local: true,
    describe: () => device,
    pid,
    async measure(request, options = {}) {
      closed.signal.throwIfAborted();
      if (!localRuntimes.includes(request.runtime)) {
        throw new Error(
          `device "here" times ${localRuntimes.join(", ")}, not ${request.runtime}; ` +
            "take --device chromium, --device firefox or a paired browser",
        );
      }
      const signal = options.signal ? AbortSignal.any([options.signal, closed.signal]) : closed.signal;
      const session = measureSession({ device, runLoad, prepare, nominals }, request, { ...options, signal });
      sessions.add(session);
      try {
        return await session;
      } finally {
        sessions.delete(session);
      }
    },
    async close() {
      closed.abort(new Error('device "here" is closed'));
      await Promise.allSettled(sessions);
    },
  };
}
