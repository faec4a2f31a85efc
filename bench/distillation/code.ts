// What code a result was made with: keys name data, networks and options, but not what a method does with them.
import { createHash } from "node:crypto";

const source = new URL("../../src/", import.meta.url);

function* filesBelow(folder: URL): Generator<URL> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* filesBelow(new URL(`${name}/`, folder));
    else if (/\.(ts|wasm)$/.test(name)) yield new URL(name, folder);
  }
}

/** Twelve hexadecimal digits over all TypeScript and WebAssembly files below `folder`, their paths included. */
export function codeHash(folder: URL = source): string {
  const hash = createHash("sha256");
  for (const file of filesBelow(folder)) {
    const bytes = Deno.readFileSync(file);
    // With lengths, so that no two trees give the same bytes.
    hash.update(JSON.stringify([file.pathname.slice(folder.pathname.length), bytes.length])).update(bytes);
  }
  return hash.digest("hex").slice(0, 12);
}
