// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747), from Debian's package or downloaded. Both give the same
// bytes once decompressed, so their hashes stand here and one cached file serves both.
import { createHash } from "node:crypto";
import type { DatasetContent } from "../canonical_file.ts";
import { download } from "../download.ts";
import { decompress, type NamedBytes, parseIdxPair, readPlainOrGzip } from "../idx.ts";
import { DataUnavailableError, type FoundData, type ReadContext } from "../source.ts";

const fileNames = {
  trainImages: "train-images-idx3-ubyte.gz",
  trainLabels: "train-labels-idx1-ubyte.gz",
  testImages: "t10k-images-idx3-ubyte.gz",
  testLabels: "t10k-labels-idx1-ubyte.gz",
} as const;

type FileRole = keyof typeof fileNames;

/** Where to look, and what must be found. */
export interface FashionMnistOptions {
  /** Taken where it is there; else the hosts are asked. */
  folder: string;
  /** Beginnings of URLs, tried in order. */
  hosts: string[];
  /** SHA-256 of the decompressed files. */
  sha256: Record<FileRole, string>;
}

const defaults: FashionMnistOptions = {
  folder: "/usr/share/datasets/fashion-mnist",
  hosts: [
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  ],
  sha256: {
    trainImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    trainLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
  },
};

const classNames = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** Always found; reading throws a DataUnavailableError where neither the folder nor a host has it. */
export function findFashionMnist(options: FashionMnistOptions = defaults): FoundData {
  return { fingerprint: ["fashion-mnist", options.sha256], read: (context) => read(options, context) };
}

async function read(options: FashionMnistOptions, context: ReadContext): Promise<DatasetContent> {
  const { files, source } = await folderExists(options.folder)
    ? { files: await readFolder(options, context), source: `Debian's dataset-fashion-mnist (${options.folder})` }
    : await downloadFromAny(options, context);
  const { height, width, channels, ...train } = parseIdxPair(files.trainImages, files.trainLabels);
  const { height: _height, width: _width, channels: _channels, ...test } = parseIdxPair(
    files.testImages,
    files.testLabels,
  );
  return {
    name: "fashion-mnist",
    source,
    height,
    width,
    channels,
    classNames,
    augmentation: { shift: 2, mirror: true },
    train,
    test,
  };
}

async function folderExists(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(folder)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function readFolder(options: FashionMnistOptions, context: ReadContext): Promise<Record<FileRole, NamedBytes>> {
  return collect(async (role, done) => {
    context.onProgress({ label: "Reading Fashion-MNIST", done, total: 4, unit: "files" });
    const content = await readPlainOrGzip(`${options.folder}/${fileNames[role]}`);
    checkHash(content, options.sha256[role]);
    return content;
  }, context);
}

async function downloadFromAny(
  options: FashionMnistOptions,
  context: ReadContext,
): Promise<{ files: Record<FileRole, NamedBytes>; source: string }> {
  const failures: string[] = [];
  for (const host of options.hosts) {
    try {
      return { files: await downloadAll(host, options, context), source: `downloaded from ${host}` };
    } catch (error) {
      if (!(error instanceof DataUnavailableError)) throw error;
      failures.push(error.message);
    }
  }
  throw new DataUnavailableError(
    `Fashion-MNIST is neither in ${options.folder} (Debian's dataset-fashion-mnist) nor to be downloaded: ` +
      failures.join("; "),
  );
}

function downloadAll(
  host: string,
  options: FashionMnistOptions,
  context: ReadContext,
): Promise<Record<FileRole, NamedBytes>> {
  return collect(async (role) => {
    const url = host + fileNames[role];
    const packed = await download(url, {
      signal: context.signal,
      onProgress: (receivedBytes, totalBytes) =>
        context.onProgress({
          label: `Downloading Fashion-MNIST ${fileNames[role]}`,
          done: Math.round(receivedBytes / 1e5) / 10,
          total: Math.round(totalBytes / 1e5) / 10,
          unit: "MB",
        }),
    });
    try {
      const content = { file: url, bytes: await decompress({ file: url, bytes: packed }) };
      checkHash(content, options.sha256[role]);
      return content;
    } catch (error) {
      // What came is not the dataset: a portal's page, a broken mirror. Another host may have it.
      throw new DataUnavailableError((error as Error).message);
    }
  }, context);
}

async function collect(
  fetchOne: (role: FileRole, done: number) => Promise<NamedBytes>,
  { signal }: ReadContext,
): Promise<Record<FileRole, NamedBytes>> {
  const files: Partial<Record<FileRole, NamedBytes>> = {};
  for (const [done, role] of (Object.keys(fileNames) as FileRole[]).entries()) {
    signal?.throwIfAborted();
    files[role] = await fetchOne(role, done);
  }
  return files as Record<FileRole, NamedBytes>;
}

function checkHash({ file, bytes }: NamedBytes, expected: string): void {
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== expected) {
    throw new Error(`${file}: its content has SHA-256 ${actual}, expected ${expected}`);
  }
}
