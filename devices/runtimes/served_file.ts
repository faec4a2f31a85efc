/** The URL of one of the runtimes' own files; `files` is a host's folder, on a page also one that is relative to it. */
export function servedFile(files: string, name: string): string {
  return new URL(name, new URL(files, globalThis.location?.href)).href;
}
