// Certificates and keys as files: keys for this user only, and never half written.

const privateMode = 0o600;

/** The text of a file, or undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes a file that only this user may read, whole or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, text, { createNew: true, mode: privateMode });
  await Deno.rename(temporary, path);
}

/** Takes away what others may do with the file or folder at `path`; true if there was something. */
export async function makePrivate(path: string, mode = privateMode): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  const { mode: before } = await Deno.stat(path);
  if (before === null || (before & 0o077) === 0) return false;
  await Deno.chmod(path, mode);
  return true;
}
