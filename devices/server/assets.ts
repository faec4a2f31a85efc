// The page's files, read and bundled once when a server starts.
import { buildPage } from "../page/build_page.ts";

/** Path on the server -> file. */
export type Assets = ReadonlyMap<string, { bytes: Uint8Array<ArrayBuffer>; type: string }>;

const pageFolder = new URL("../page/", import.meta.url);
const wasmFiles = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"];

/** Reads and bundles all files of the page; takes about 2 s. */
export async function loadAssets(): Promise<Assets> {
  const wasmFolder = new URL(".", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  const read = async (path: string, file: URL, type: string) => {
    return [path, { bytes: await Deno.readFile(file), type }] as const;
  };
  return new Map(
    await Promise.all([
      read("/", new URL("index.html", pageFolder), "text/html; charset=utf-8"),
      read("/page.css", new URL("page.css", pageFolder), "text/css; charset=utf-8"),
      read("/icon.svg", new URL("icon.svg", pageFolder), "image/svg+xml"),
      buildPage().then((bytes) => ["/page.js", { bytes, type: "text/javascript; charset=utf-8" }] as const),
      ...wasmFiles.map((name) => read(`/wasm/${name}`, new URL(name, wasmFolder), "application/wasm")),
    ]),
  );
}
