// Firefox looks whether the GPU has finished every 100 ms only, unless something is submitted meanwhile: left alone, each
// network would take it 100 ms. So there, and wherever an empty read-back takes long, empty submissions make it look.

/** A read-back of nothing takes less where the browser is told of the GPU's end. */
const promptMs = 20;
const readBacks = 3;
const bytes = 16;

/**
 * Submissions pile up before a slow GPU, so they come at times that grow by this share: it is the error of an inference's
 * end too.
 */
const growth = 0.03;
const firstNudgeMs = 0.1;

/** No inference takes longer; what waits on has met something else. */
const longestNudgingMs = 60_000;

/** How results come back from a GPU. */
export interface ReadBack {
  /** What a read-back of nothing takes here, if left alone: the middle one of some, in milliseconds. */
  emptyMs: number;
  /** Whether `wait` makes the browser look. */
  nudged: boolean;
  /** Waits for a result that is under way. */
  wait<T>(result: Promise<T>): Promise<T>;
}

/** Finds out how `device` gives back results. Takes 0.3 s in Firefox, nothing elsewhere. */
export async function examineReadBack(device: GPUDevice, clock: () => number): Promise<ReadBack> {
  const source = device.createBuffer({ size: bytes, usage: GPUBufferUsage.COPY_SRC });
  const target = device.createBuffer({ size: bytes, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const takenMs: number[] = [];
  for (let count = 0; count < readBacks; count++) {
    const startMs = clock();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, target, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await target.mapAsync(GPUMapMode.READ);
    target.unmap();
    takenMs.push(clock() - startMs);
  }
  source.destroy();
  target.destroy();
  const emptyMs = takenMs.toSorted((a, b) => a - b)[readBacks >> 1];
  const nudged = emptyMs > promptMs;
  return { emptyMs, nudged, wait: nudged ? (result) => nudge(device.queue, result, clock) : (result) => result };
}

async function nudge<T>(queue: GPUQueue, result: Promise<T>, clock: () => number): Promise<T> {
  let settled = false;
  const watched = result.finally(() => settled = true);
  // Not by setTimeout, which rounds up to 4 ms after a few turns.
  const { port1, port2 } = new MessageChannel();
  const startMs = clock();
  let nextMs = firstNudgeMs;
  const turn = () => {
    const waitedMs = clock() - startMs;
    if (settled || waitedMs > longestNudgingMs) return;
    if (waitedMs >= nextMs) {
      queue.submit([]);
      nextMs = Math.max(nextMs, waitedMs) * (1 + growth);
    }
    port2.postMessage(null);
  };
  port1.onmessage = turn;
  turn();
  try {
    return await watched;
  } finally {
    port1.close();
  }
}
