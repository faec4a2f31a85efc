/** A file or folder inside a folder; links are followed. */
export interface FolderEntry {
  name: string;
  path: string;
  isDirectory: boolean;
  sizeBytes: number;
  modifiedMs: number;
}

/** What is in `folder`, hidden entries left out, sorted by name. Throws Deno's NotFound, also for a dangling link. */
export function listFolder(folder: string): FolderEntry[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name }) => !name.startsWith("."))
    .map(({ name }) => {
      const path = `${folder}/${name}`;
      const { isDirectory, size, mtime } = Deno.statSync(path);
      return { name, path, isDirectory, sizeBytes: size, modifiedMs: mtime?.getTime() ?? 0 };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a fingerprint of files consists of. */
export function describeFiles(files: FolderEntry[]): unknown {
  return files.map(({ path, sizeBytes, modifiedMs }) => [path, sizeBytes, modifiedMs]);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}
