import { cpus } from "node:os";
import { rawMeasurementSchema, type RuntimeName } from "../src/schemas/measurement.ts";
import { createChild } from "./child.ts";
import type { Device } from "./device.ts";
import { judge } from "./protocol/judge.ts";
import { createReference } from "./reference.ts";

const deadlineMs = 60_000;

/**
 * This machine as a device: networks are timed in a quiet process of their own, which is replaced when it dies.
 * RangeError for a runtime that only browsers have.
 */
export function createLocalDevice(runtime: RuntimeName): Device & { pid(): number | undefined } {
  if (runtime !== "tfjs-wasm") {
    throw new RangeError(
      `Device "here" times tfjs-wasm only, not ${runtime}; take --device chromium or a paired browser`,
    );
  }
  const child = createChild('device "here"', new URL("local_child.ts", import.meta.url));
  const reference = createReference();
  const processors = cpus();
  const description = {
    name: "here",
    kind: "process" as const,
    description: `${processors[0]?.model ?? "unknown CPU"}, ${processors.length} cores, Deno ${Deno.version.deno}`,
  };
  return {
    name: "here",
    local: true,
    describe: () => description,
    async measure(job, { signal } = {}) {
      const answer = await child.request({ id: crypto.randomUUID(), ...job }, { deadlineMs, signal });
      const raw = rawMeasurementSchema.parse(answer);
      const measuredAt = new Date();
      // After the timing, so that nothing else of this project runs meanwhile.
      const referenceLogits = await reference.logits(job, { signal });
      return judge(raw, { job, device: description, referenceLogits, measuredAt });
    },
    async close() {
      await Promise.all([child.close(), reference.close()]);
    },
    pid: () => child.pid(),
  };
}
