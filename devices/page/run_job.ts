import type { MeasureJob, RawMeasurement, RuntimeName } from "../../src/schemas/measurement.ts";
import type { FlagName } from "../protocol/flags.ts";
import { measure } from "../protocol/measure.ts";
import type { StartedRuntime } from "../runtimes/runtime.ts";
import { runtimes } from "../runtimes/table.ts";

/** The GPU was lost to this page; only a new load of it can have it back. */
export class GpuLostError extends Error {}

let current: { name: RuntimeName; runtime: StartedRuntime } | undefined;

async function startRuntime(name: RuntimeName): Promise<StartedRuntime> {
  if (current?.name !== name) {
    current = undefined;
    current = { name, runtime: await runtimes[name]({ wasmFolder: "/wasm/" }) };
  }
  return current.runtime;
}

// setTimeout is held back to 4 ms after a few calls in a row; a message is not.
function rest(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Measures one job on the runtime it names; flags what it had to do hidden. GpuLostError when the GPU goes away meanwhile. */
export async function runJob(job: MeasureJob): Promise<RawMeasurement> {
  let hidden = document.hidden;
  const watch = () => hidden ||= document.hidden;
  document.addEventListener("visibilitychange", watch);
  try {
    const runtime = await startRuntime(job.runtime);
    const lost = runtime.lost?.then((reason) => Promise.reject(new GpuLostError(reason)));
    const measured = measure(job, runtime, { clock: () => performance.now(), rest });
    const raw = await (lost ? Promise.race([measured, lost]) : measured);
    return hidden ? { ...raw, flags: [...raw.flags, "hidden-page" satisfies FlagName] } : raw;
  } finally {
    document.removeEventListener("visibilitychange", watch);
  }
}
