// One hub per data folder: whoever holds the lock file serves, the others find it by what it wrote beside it.
import * as z from "zod";
import { devicesFolder } from "./open_database.ts";

/** How programs of the same user reach the hub that serves. */
export const controlFileSchema = z.strictObject({
  /** Of the control listener, ending in "/". */
  url: z.string(),
  secret: z.string().min(40),
  pid: z.int(),
  pageUrl: z.string(),
  /** Of the page on this machine; the same as `pageUrl` but for a hub that serves the local network. */
  localUrl: z.string(),
  lan: z.boolean(),
});

export type ControlFile = z.infer<typeof controlFileSchema>;

export interface HubLock {
  /** Lets others find this hub. */
  publish(control: ControlFile): void;
  release(): void;
}

/** The lock, or null where another program has it. The kernel frees it on any death. */
export async function lockHub(dataDir: string): Promise<HubLock | null> {
  const folder = devicesFolder(dataDir);
  const controlPath = `${folder}/control.json`;
  const file = await Deno.open(`${folder}/hub.lock`, { read: true, write: true, create: true });
  if (!(await file.tryLock(true))) {
    file.close();
    return null;
  }
  // What an earlier hub left that was killed.
  removeFile(controlPath);
  return {
    publish(control) {
      const part = `${controlPath}.part`;
      Deno.writeTextFileSync(part, `${JSON.stringify(control)}\n`, { mode: 0o600 });
      Deno.renameSync(part, controlPath);
    },
    release() {
      removeFile(controlPath);
      file.close();
    },
  };
}

/** What the hub that serves wrote; null where there is none, or not yet. */
export function readControlFile(dataDir: string): ControlFile | null {
  try {
    const text = Deno.readTextFileSync(`${dataDir}/devices/control.json`);
    return controlFileSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
