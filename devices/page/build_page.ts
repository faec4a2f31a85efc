// Runs in Deno, not in the page. Bundling takes seconds, so what came of it is kept under a hash of all that went into it.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** Path on the server -> the module it is bundled from. */
const entries = {
  "/page.js": "devices/page/main.ts",
  "/runtimes/tfjs.js": "devices/runtimes/tfjs.ts",
  "/runtimes/onnxruntime.js": "devices/runtimes/onnxruntime.ts",
};

/** Folders that hold everything the entries import, but for packages. */
const sourceFolders = ["devices/page/", "devices/protocol/", "devices/runtimes/", "src/"];

const outdatedAfterMs = 86_400_000;

/** A script of the page; `gzip` is the same, compressed. */
export interface Script {
  bytes: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
}

/**
 * The page's scripts, by their paths on the server: taken from `cacheFolder` or bundled and put there. Error with the
 * bundler's message if one cannot be made.
 */
export async function buildPage(cacheFolder: URL): Promise<ReadonlyMap<string, Script>> {
  const folder = new URL(`${await contentKey()}/`, cacheFolder);
  const kept = await readScripts(folder);
  if (kept) return kept;
  await Deno.mkdir(cacheFolder, { recursive: true });
  await removeOutdated(cacheFolder);
  const made = new URL(`making-${crypto.randomUUID()}/`, cacheFolder);
  try {
    await bundle(made);
    // Whole or not at all; where another process was faster, its scripts are the same.
    await Deno.rename(made, folder).catch(() => {});
    const scripts = await readScripts(folder);
    if (!scripts) throw new Error(`Cannot bundle the probe page: ${fileURLToPath(folder)} cannot be written`);
    return scripts;
  } finally {
    await Deno.remove(made, { recursive: true }).catch(() => {});
  }
}

async function contentKey(): Promise<string> {
  const paths = ["deno.json", "deno.lock", ...(await Promise.all(sourceFolders.map(listSources))).flat().sort()];
  const contents = await Promise.all(paths.map((path) => Deno.readFile(new URL(path, root))));
  const hash = createHash("sha256").update(Deno.version.deno);
  for (const [index, path] of paths.entries()) {
    hash.update(`\n${path} ${contents[index].length}\n`).update(contents[index]);
  }
  return hash.digest("hex").slice(0, 32);
}

async function listSources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) found.push(...await listSources(`${folder}${name}/`));
    else if (name.endsWith(".ts")) found.push(`${folder}${name}`);
  }
  return found;
}

/** Name of an entry's script in a folder. */
function fileName(path: string): string {
  return path.slice(1).replaceAll("/", "-");
}

async function readScripts(folder: URL): Promise<Map<string, Script> | undefined> {
  try {
    return new Map(
      await Promise.all(
        Object.keys(entries).map(async (path) => {
          const [bytes, gzip] = await Promise.all([
            Deno.readFile(new URL(fileName(path), folder)),
            Deno.readFile(new URL(`${fileName(path)}.gz`, folder)),
          ]);
          return [path, { bytes, gzip }] as const;
        }),
      ),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function bundle(folder: URL): Promise<void> {
  const bundled = new URL("bundled/", folder);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--minify", "--outdir", fileURLToPath(bundled)],
      ...Object.values(entries),
    ],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) {
    const [message] = new TextDecoder().decode(stderr).split("\nStack backtrace:");
    throw new Error(`Cannot bundle the probe page: ${message.trim()}`);
  }
  for (const [path, source] of Object.entries(entries)) {
    // The bundler names them by their places below the folder that all entries share.
    const bytes = await Deno.readFile(new URL(source.replace(/^devices\//, "").replace(/\.ts$/, ".js"), bundled));
    const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(new URL(fileName(path), folder), bytes);
    await Deno.writeFile(new URL(`${fileName(path)}.gz`, folder), await new Response(compressed).bytes());
  }
  await Deno.remove(bundled, { recursive: true });
}

/** Scripts of sources that have changed since; another program that was started before may still read its own. */
async function removeOutdated(cacheFolder: URL): Promise<void> {
  for await (const { name } of Deno.readDir(cacheFolder)) {
    const folder = new URL(`${name}/`, cacheFolder);
    const { mtime } = await Deno.stat(folder);
    if (mtime && Date.now() - mtime.getTime() > outdatedAfterMs) await Deno.remove(folder, { recursive: true });
  }
}
