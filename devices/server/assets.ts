// What the server gives to everybody: the page's files and scripts, and the files of its runtimes.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { buildPage } from "../page/build_page.ts";

/** A file as it is served. */
export interface Asset {
  /** Content-Type. */
  type: string;
  /** Value of the header ETag, the quotes included: another one for another content. */
  etag: string;
  /** Length of the body, in bytes. */
  bytes: number;
  /** The content; streams of the large ones, which are not held in memory, are to be read or cancelled by the caller. */
  open(): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** The content compressed, for those that accept it; absent where that is not worth it. */
  gzip?: Uint8Array<ArrayBuffer>;
}

/** Path on the server -> file. */
export type Assets = ReadonlyMap<string, Asset>;

const pageFolder = new URL("../page/", import.meta.url);

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  webmanifest: "application/manifest+json; charset=utf-8",
  wasm: "application/wasm",
};

const tfjsFiles = [
  "dist/tfjs-backend-wasm.wasm",
  "dist/tfjs-backend-wasm-simd.wasm",
  "dist/tfjs-backend-wasm-threaded-simd.wasm",
  "wasm-out/tfjs-backend-wasm-threaded-simd.js",
];
const onnxruntimeFiles = [
  "ort-wasm-simd-threaded.mjs",
  "ort-wasm-simd-threaded.wasm",
  "ort-wasm-simd-threaded.asyncify.mjs",
  "ort-wasm-simd-threaded.asyncify.wasm",
];

/**
 * All assets: scripts from the cache in `dataDir`, or bundled into it, which takes some seconds. Error with the bundler's
 * message if that fails.
 */
export async function loadAssets({ dataDir }: { dataDir: string }): Promise<Assets> {
  const [scripts, page, runtimes] = await Promise.all([
    buildPage(pathToFileURL(`${resolve(dataDir)}/cache/page/`)),
    pageAssets(),
    runtimeAssets(),
  ]);
  const built = [...scripts].map(([path, { bytes, gzip }]) => [path, inMemory(path, bytes, gzip)] as const);
  return new Map([...page, ...runtimes, ...built]);
}

function typeOf(path: string): string {
  return types[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
}

function inMemory(path: string, bytes: Uint8Array<ArrayBuffer>, gzip?: Uint8Array<ArrayBuffer>): Asset {
  return {
    type: typeOf(path),
    etag: `"${createHash("sha256").update(bytes).digest("base64url")}"`,
    bytes: bytes.length,
    open: () => Promise.resolve(bytes),
    gzip,
  };
}

/** A large file of a package: these change with the package only, so that size and date tell their contents apart. */
async function onDisk(path: string, file: URL): Promise<Asset> {
  const { size, mtime } = await Deno.stat(file);
  return {
    type: typeOf(path),
    etag: `"${size}-${mtime?.getTime() ?? 0}"`,
    bytes: size,
    open: async () => (await Deno.open(file)).readable,
  };
}

/** Whatever lies beside the page's sources. */
async function pageAssets(): Promise<[string, Asset][]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(pageFolder)) {
    if (isFile && !name.endsWith(".ts") && !name.startsWith(".")) names.push(name);
  }
  return await Promise.all(names.map(async (name): Promise<[string, Asset]> => {
    const path = name === "index.html" ? "/" : `/${name}`;
    return [path, inMemory(name, await Deno.readFile(new URL(name, pageFolder)))];
  }));
}

async function runtimeAssets(): Promise<[string, Asset][]> {
  const tfjsFolder = new URL("../", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  const onnxruntimeFolder = new URL(".", import.meta.resolve("onnxruntime-web/wasm"));
  const files = [
    ...tfjsFiles.map((name) => new URL(name, tfjsFolder)),
    ...onnxruntimeFiles.map((name) => new URL(name, onnxruntimeFolder)),
  ];
  const assets = files.map(async (file): Promise<[string, Asset]> => {
    const path = `/runtimes/${file.pathname.slice(file.pathname.lastIndexOf("/") + 1)}`;
    return [path, await onDisk(path, file)];
  });
  return [...await Promise.all(assets), tfjsWorker(tfjsFolder)];
}

/** What tfjs puts into a blob to start its threads from; a blob is what the content security policy does not allow. */
function tfjsWorker(tfjsFolder: URL): [string, Asset] {
  const name = "tfjs-backend-wasm-threaded-simd.worker.js";
  const { wasmWorkerContents } = createRequire(tfjsFolder)(`./wasm-out/${name}`) as { wasmWorkerContents: string };
  const path = `/runtimes/${name}`;
  // The line ends that it holds are meant for texts within it.
  return [path, inMemory(path, new TextEncoder().encode(wasmWorkerContents.replaceAll("\n", "\\n")))];
}
