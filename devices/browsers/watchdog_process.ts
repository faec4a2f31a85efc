// A process that outlives its parent for a moment. Told a process id and a folder in a line of JSON on its standard input,
// it kills that process with its group and removes that folder once the input ends, as it does with the parent, however
// that died.

interface Charge {
  pid: number;
  folder: string;
}

function kill(pid: number): void {
  // First the group, for the browser's own children.
  for (const target of Deno.build.os === "windows" ? [pid] : [-pid, pid]) {
    try {
      Deno.kill(target, "SIGKILL");
    } catch {
      // gone already
    }
  }
}

/** Some files of a browser that was just killed may come into being while its folder is removed. */
async function remove(folder: string): Promise<void> {
  for (let attemptsLeft = 20; attemptsLeft > 0; attemptsLeft--) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

if (import.meta.main) {
  // An interrupt in a terminal reaches all of its processes; this one's work is not done before its parent's is.
  for (const signal of Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  let text = "";
  for await (const part of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) text += part;
  for (const line of text.split("\n")) {
    if (!line) continue;
    const { pid, folder }: Charge = JSON.parse(line);
    kill(pid);
    await remove(folder);
  }
  Deno.exit(0);
}
