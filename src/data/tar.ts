const blockBytes = 512;

/**
 * The files of a tar archive by path, as views of its bytes (POSIX ustar; entries that are no plain file are skipped).
 * Throws an Error naming `file` where the archive is damaged.
 */
export function readTar(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  for (let offset = 0; offset + blockBytes <= bytes.length && bytes[offset] !== 0;) {
    const header = bytes.subarray(offset, offset + blockBytes);
    const sizeBytes = parseInt(textAt(header, 124, 12), 8);
    const start = offset + blockBytes;
    if (!Number.isInteger(sizeBytes) || start + sizeBytes > bytes.length) {
      throw new Error(`${file}: not a whole tar archive (entry at byte ${offset})`);
    }
    const type = textAt(header, 156, 1);
    if (type === "0" || type === "") entries.set(textAt(header, 0, 100), bytes.subarray(start, start + sizeBytes));
    offset = start + Math.ceil(sizeBytes / blockBytes) * blockBytes;
  }
  return entries;
}

/** A field of fixed length, which ends early at a zero byte. */
function textAt(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
