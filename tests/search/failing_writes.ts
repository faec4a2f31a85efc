/** Runs `body` while what is written into an open file finds the disk full. */
export async function withFailingWrites(body: () => Promise<void>): Promise<void> {
  const { write } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = () =>
    Promise.reject(Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" }));
  try {
    await body();
  } finally {
    Deno.FsFile.prototype.write = write;
  }
}
