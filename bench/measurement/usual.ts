// The usual way to time a network in a browser: a fresh page, one inference to warm up, the mean of the next 50.
import type { StartRuntime } from "../../devices/runtimes/runtime.ts";
import type { MeasuredNetwork } from "../../src/schemas/measurement.ts";
import { type Lab, runtime } from "./lab.ts";
import { plantedShare } from "./plant.ts";

export const usualRuns = 50;

/** Milliseconds of each run that counts; `planted`: each slowed down by time that is burnt after the inference. */
export function usualSamples(lab: Lab, { source, input }: MeasuredNetwork, planted = false): Promise<number[]> {
  return lab.inPage((page) =>
    page.evaluate(async ({ network, runtime, runs, addedShare }) => {
      const folder = new URL("/runtimes/", location.origin).href;
      const module: { start: Record<string, StartRuntime> } = await import(`${folder}tfjs.js`);
      const started = await module.start[runtime]({
        files: folder,
        modelFile: () => Promise.reject(new Error("an architecture has no files")),
        clock: () => performance.now(),
      });
      const running = await started.build(network);
      await running.infer();
      const samplesMs: number[] = [];
      for (let run = 0; run < runs; run++) {
        const startMs = performance.now();
        await running.infer();
        const tookMs = performance.now() - startMs;
        while (performance.now() - startMs < tookMs * (1 + addedShare));
        samplesMs.push(performance.now() - startMs);
      }
      return samplesMs;
    }, { network: { source, input }, runtime, runs: usualRuns, addedShare: planted ? plantedShare : 0 })
  );
}

/** What the usual way reports. */
export async function usualMean(lab: Lab, network: MeasuredNetwork): Promise<number> {
  const samplesMs = await usualSamples(lab, network);
  return samplesMs.reduce((sum, sample) => sum + sample, 0) / samplesMs.length;
}
