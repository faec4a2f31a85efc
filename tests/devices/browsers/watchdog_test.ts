import { assertEquals } from "@std/assert";
import { startWatchdog } from "../../../devices/browsers/watchdog.ts";

function startSleeper(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["60"], stdin: "null", stdout: "null" }).spawn();
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a watchdog that is released kills its process and removes its folder",
  ignore: Deno.build.os === "windows",
  async fn() {
    const sleeper = startSleeper();
    const folder = Deno.makeTempDirSync();
    Deno.writeTextFileSync(`${folder}/file`, "");
    const watchdog = startWatchdog();
    await watchdog.watch(sleeper.pid, folder);
    await watchdog.release();
    await watchdog.release();
    assertEquals([(await sleeper.status).signal, exists(folder)], ["SIGKILL", false]);
  },
});

Deno.test({
  name: "a watchdog acts when whoever started it is killed",
  ignore: Deno.build.os === "windows",
  async fn() {
    const sleeper = startSleeper();
    const folder = Deno.makeTempDirSync();
    const module = new URL("../../../devices/browsers/watchdog.ts", import.meta.url).href;
    const code = `const { startWatchdog } = await import(${JSON.stringify(module)});
      await startWatchdog().watch(${sleeper.pid}, ${JSON.stringify(folder)});
      console.log("watched");
      setTimeout(() => {}, 60_000);`;
    const parent = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "piped" }).spawn();
    const reader = parent.stdout.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "watched\n");
    parent.kill("SIGKILL");
    assertEquals((await sleeper.status).signal, "SIGKILL");
    for (let attemptsLeft = 50; exists(folder) && attemptsLeft > 0; attemptsLeft--) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertEquals(exists(folder), false);
    await Promise.all([reader.cancel(), parent.status]);
  },
});
