/** Sees to it that a process ends with this one. */
export interface Watchdog {
  /** Kills the process `pid` with its group, and removes `folder`, at `release` or when this process dies in any way. */
  watch(pid: number, folder: string): Promise<void>;
  /** Settles once process and folder are gone. Safe to call twice. */
  release(): Promise<void>;
}

/** Starts a watchdog, see watchdog_process.ts. */
export function startWatchdog(): Watchdog {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", new URL("./watchdog_process.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const input = process.stdin.getWriter();
  let released: Promise<void> | undefined;

  async function release(): Promise<void> {
    await input.close();
    const { success, code } = await process.status;
    if (!success) throw new Error(`the watchdog of a browser ended with code ${code}`);
  }

  return {
    watch: (pid, folder) => input.write(new TextEncoder().encode(`${JSON.stringify({ pid, folder })}\n`)),
    release: () => released ??= release(),
  };
}
