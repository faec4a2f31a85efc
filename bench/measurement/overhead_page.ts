// Runs in a page: what the harness spends on a sample when the network in it does nothing.
import { createBlockTimer } from "../../devices/protocol/blocks.ts";
import { rest } from "../../devices/page/rest.ts";

const nothing = new Float32Array(1);
const empty = { infer: () => Promise.resolve(nothing) };
const warmUpBlocks = 5000;
const blocks = 20;
const blocksPerSample = 200;

/** Milliseconds that the harness adds to each inference of a block of so many `runs`, as samples of the mean of many blocks. */
export async function measureEmptyBlocks(runs: number): Promise<number[]> {
  const timer = createBlockTimer({ clock: () => performance.now(), rest, checkpoint: () => {} });
  for (let block = 0; block < warmUpBlocks; block++) await timer.time({ index: 2, running: empty, runs });
  const samplesMs: number[] = [];
  for (let sample = 0; sample < blocks; sample++) {
    let sumMs = 0;
    // One block is shorter than a tick of the clock; their mean is not.
    for (let block = 0; block < blocksPerSample; block++) sumMs += await timer.time({ index: 2, running: empty, runs });
    samplesMs.push(sumMs / blocksPerSample / runs);
  }
  return samplesMs;
}
