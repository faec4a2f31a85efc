// Full, lost and write-protected disks: no student's doing, however often they are met.

const codes: ReadonlySet<unknown> = new Set(["EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOSPC", "EROFS"]);

/** Whether `error`, or what caused it, says that the disk does not take or give files at all. */
export function isStorageFault(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && codes.has(cause.code)) return true;
  }
  return false;
}
