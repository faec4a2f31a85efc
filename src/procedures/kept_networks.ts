// Networks that procedures train and that do not depend on the student: kept on disk by what they were made from, so
// that the students of a search, each in a process of its own, share them.
import { viewsVersion } from "../data/augmentation.ts";
import { writeWhole } from "../data/write_whole.ts";
import { decodeSafetensors, encodeSafetensors } from "../export/safetensors.ts";
import { contentHash } from "../schemas/architecture.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import type { ProcedureContext, TrainedNetwork } from "./procedure.ts";

const keyLength = 32;
const pollMs = 200;

/**
 * The key of a network: of the data and the budget in `context`, and of `recipe`, which says all else that it depends
 * on (architecture, epochs, seed, loss, the teacher's hash).
 */
export function networkKey(context: ProcedureContext, recipe: Record<string, unknown>): string {
  const { data, trainImages, batchSize, views, peakLearningRate } = context;
  const { rendering = "plain" } = data;
  const { contentHash: dataset, augmentation } = data.dataset;
  return contentHash({
    dataset,
    augmentation,
    viewsVersion,
    dataSeed: data.seed,
    validationImages: data.validation.length,
    trainImages: Math.min(trainImages, data.train.length),
    batchSize,
    views,
    peakLearningRate,
    // Left out where images are as they are: what was kept before there were renderings stays known.
    ...(rendering !== "plain" && { rendering }),
    recipe,
  }).slice(0, keyLength);
}

interface Reading {
  /** Files from before this time, in milliseconds since 1970, count as absent. */
  freshSince?: number;
  log?: (line: string) => void;
}

async function readNetwork(path: string, { freshSince, log }: Reading): Promise<TrainedNetwork | undefined> {
  let file: Uint8Array;
  try {
    if (freshSince !== undefined && Number((await Deno.stat(path)).mtime) < freshSince) return undefined;
    file = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return decodeSafetensors(file, path);
  } catch (error) {
    log?.(`${(error as Error).message}; it is made again`);
    return undefined;
  }
}

async function readAll(paths: readonly string[], reading: Reading): Promise<TrainedNetwork[] | undefined> {
  const networks: TrainedNetwork[] = [];
  for (const path of paths) {
    const network = await readNetwork(path, reading);
    if (!network) return undefined;
    networks.push(network);
  }
  return networks;
}

/** Waits for the one process that makes a network; the kernel frees the lock of one that died. */
async function lockFile(path: string, onWait: () => void): Promise<{ dispose(): void }> {
  const file = await Deno.open(path, { create: true, write: true });
  try {
    while (!await file.tryLock(true)) {
      onWait();
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return { dispose: () => file.close() };
}

/**
 * The networks with these keys, from `context.cacheDir` where all are there, else as `make` gives them, which are then
 * kept; those of before `context.freshSince` count as absent. Where several processes want the same ones, one makes them
 * and the others wait; `onWait` is called meanwhile.
 */
export async function ensureNetworks(
  context: Pick<ProcedureContext, "cacheDir" | "freshSince" | "log" | "signal">,
  keys: readonly string[],
  make: () => Promise<readonly TrainedNetwork[]>,
  onWait: () => void = () => {},
): Promise<{ networks: readonly TrainedNetwork[]; cached: boolean }> {
  const { cacheDir, freshSince, log, signal } = context;
  if (cacheDir === undefined) return { networks: await make(), cached: false };
  const folder = `${cacheDir}/networks`;
  const paths = keys.map((key) => `${folder}/${key}.safetensors`);
  const known = await readAll(paths, { freshSince, log });
  if (known) return { networks: known, cached: true };
  await Deno.mkdir(folder, { recursive: true });
  const lock = await lockFile(`${folder}/${keys[0]}.lock`, () => {
    signal?.throwIfAborted();
    onWait();
  });
  return await disposeAfter(lock, async () => {
    const madeMeanwhile = await readAll(paths, { freshSince });
    if (madeMeanwhile) return { networks: madeMeanwhile, cached: true };
    const networks = await make();
    for (const [index, { architecture, weights }] of networks.entries()) {
      await writeWhole(paths[index], encodeSafetensors(architecture, weights));
    }
    return { networks, cached: false };
  });
}
