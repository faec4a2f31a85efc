/** All files of one model together may have so many bytes: they travel to phones. */
export const maximumModelBytes = 512e6;

/** For instance "2.1 GB". */
export function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** RangeError that names `what` where it is larger than a model may be. */
export function requireModelBytes(what: string, bytes: number): void {
  if (bytes > maximumModelBytes) {
    throw new RangeError(`${what} is ${bytesText(bytes)}; at most ${bytesText(maximumModelBytes)}`);
  }
}
