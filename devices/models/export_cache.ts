// Architectures as ONNX files, under their content's hash: pages fetch them, other sessions find them again.
import { createHash } from "node:crypto";
import { exportOnnx } from "../../src/export/onnx.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { FoundFile } from "./model_file.ts";

const folderOf = (dataDir: string) => `${dataDir}/cache/models`;

/** Beyond this, files that no session has asked for lately go. */
const keptBytes = 1e9;
const keptMs = 6 * 60 * 60 * 1000;

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The ONNX file of `architecture` with weights from `seed`. Error that names the file if it cannot be written. */
export async function cachedExport(dataDir: string, architecture: Architecture, seed: number): Promise<FoundFile> {
  const bytes = exportOnnx(architecture, initialiseWeights(architecture, seed, { randomStatistics: true }));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const path = `${folderOf(dataDir)}/${sha256}.onnx`;
  if (await sizeOf(path) === bytes.length) await Deno.utime(path, new Date(), new Date());
  else await writeWhole(path, bytes);
  return { file: { path: "model.onnx", sha256, bytes: bytes.length }, absolutePath: await Deno.realPath(path) };
}

/**
 * Removes the files used longest ago until at most `maximumBytes` are left; none of the last six hours, which a session
 * may still need.
 */
export async function trimExports(
  dataDir: string,
  { maximumBytes = keptBytes, nowMs = Date.now() } = {},
): Promise<void> {
  const files: { path: string; usedMs: number; size: number }[] = [];
  try {
    for await (const { name } of Deno.readDir(folderOf(dataDir))) {
      if (!name.endsWith(".onnx")) continue;
      const path = `${folderOf(dataDir)}/${name}`;
      const { mtime, size } = await Deno.stat(path);
      files.push({ path, usedMs: mtime?.getTime() ?? 0, size });
    }
  } catch (error) {
    // Another process may be trimming too, or there is nothing yet.
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, usedMs, size } of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (bytes <= maximumBytes || nowMs - usedMs < keptMs) return;
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    bytes -= size;
  }
}
