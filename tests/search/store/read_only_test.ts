// Runs on a disk that is mounted for reading, in a mount namespace that ends with its process.
import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runFolder } from "../../../search/run_folder.ts";
import { withRun } from "../export/made_up_run.ts";

const search = (name: string) => new URL(`../../../search/${name}`, import.meta.url).pathname;

/** Runs `command` while nothing below `folder` can be written. */
function readOnly(folder: string, command: string[]): Promise<Deno.CommandOutput> {
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  const namespace = Deno.uid() === 0 ? "-m" : "-rm";
  return new Deno.Command("unshare", { args: [namespace, "sh", "-c", script, folder, ...command], stdin: "null" })
    .output();
}

/** Why no disk can be mounted for reading here; undefined where it can. */
async function whyNot(): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "nacre-" });
  try {
    const { stderr, success } = await readOnly(folder, ["true"]);
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return (error as Error).message;
  } finally {
    await Deno.remove(folder);
  }
}

const reason = await whyNot();
const name = "a finished run on a disk that cannot be written is listed, reported and exported elsewhere";
if (reason !== undefined) console.log(`skipped: ${name}: ${reason}`);

Deno.test({ name, ignore: reason !== undefined }, () =>
  withRun(async ({ dataDir, paths }) => {
    const folder = await Deno.makeTempDir({ prefix: "nacre-" });
    const archive = `${folder}/archive`;
    const call = async (main: string, ...args: string[]) => {
      const deno = [Deno.execPath(), "run", "-A", "--no-check", search(main), "--data-dir", archive, "--json"];
      const { code, stderr, stdout } = await readOnly(archive, [...deno, ...args]);
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return JSON.parse(new TextDecoder().decode(stdout));
    };
    try {
      // As it is once no process has it open.
      const database = new DatabaseSync(paths.database);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
      await new Deno.Command("cp", { args: ["-r", dataDir, archive] }).output();
      const { database: file, folder: run } = runFolder(archive, "made-up");
      for (const end of ["-wal", "-shm"]) await Deno.remove(`${file}${end}`);

      const { runs: [listed] } = await call("runs_main.ts");
      assertEquals([listed.state, listed.trials], ["complete", 5]);
      const { html } = await call("report_main.ts", "--run", "made-up", "--out", `${folder}/report.html`);
      assertStringIncludes(await Deno.readTextFile(html), "made-up images");
      const out = `${folder}/export`;
      const exported = await call("export_main.ts", "--run", "made-up", "--out", out, "--format", "onnx");
      assertEquals([exported.trial, exported.out], [1, out]);
      assertEquals([...Deno.readDirSync(run)].map(({ name }) => name).sort(), ["run.sqlite", "weights"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }));
