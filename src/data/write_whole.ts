/**
 * Writes `bytes` to `path` whole or not at all: through a temporary file beside it. The folder is made where missing.
 * Throws an Error naming `path`, for instance on a full disk; nothing is left behind then.
 */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/"))) || ".";
  let temporary: string | undefined;
  try {
    await Deno.mkdir(folder, { recursive: true });
    temporary = await Deno.makeTempFile({ dir: folder, prefix: ".", suffix: ".part" });
    await (typeof bytes === "string" ? Deno.writeTextFile(temporary, bytes) : Deno.writeFile(temporary, bytes));
    await Deno.rename(temporary, path);
  } catch (error) {
    if (temporary) await Deno.remove(temporary).catch(() => {});
    throw new Error(`cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
