import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { pathToFileURL } from "node:url";
import { codeHash } from "../../../bench/distillation/code.ts";
import { lockFolder } from "../../../bench/distillation/folder_lock.ts";
import { savedCosts } from "../../../bench/distillation/saved_costs.ts";

const main = new URL("../../../bench/main.ts", import.meta.url).pathname;

/** Runs the benchmark on `folder` in a process of its own. */
async function benchOn(folder: string): Promise<{ code: number; message: string }> {
  const args = ["run", "-A", "--no-check", main, "distillation", "--folder", folder, "--method", "none"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, "--dataset", "fashion-mnist", "--budget", "0.0001"],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, message: new TextDecoder().decode(stderr).trim() };
}

Deno.test("a second comparison in one folder is refused in one line that names the first", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const lock = await lockFolder(`${folder}/new`);
    const { code, message } = await benchOn(`${folder}/new`);
    assertEquals(code, 1);
    const holder = `is in use by process ${Deno.pid}: wait for it, or choose another --folder`;
    assertEquals(message, `${folder}/new ${holder}`);
    lock[Symbol.dispose]();
    (await lockFolder(`${folder}/new`))[Symbol.dispose]();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the code's hash changes with the text, the name and the place of a source, and with nothing else", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = pathToFileURL(`${folder}/`);
    const write = async (name: string, text: string) => {
      await Deno.mkdir(new URL("deep", root), { recursive: true });
      await Deno.writeTextFile(new URL(name, root), text);
      return codeHash(root);
    };
    const hashes = [await write("a.ts", "1"), await write("a.ts", "2"), await write("deep/b.wasm", "x")];
    await Deno.rename(new URL("deep/b.wasm", root), new URL("b.wasm", root));
    hashes.push(codeHash(root));
    assertEquals(new Set(hashes).size, 4);
    assertEquals(await write("notes.md", "of no matter"), hashes[3]);
    assertMatch(codeHash(), /^[0-9a-f]{12}$/);
    assertNotEquals(codeHash(), hashes[3]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("costs that were saved on the day are taken in, and another file of that name is refused by name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = pathToFileURL(`${folder}/`);
    const cost = { dataset: "cifar10", pair: "mobile", method: "kd", msPerStep: 2, ratio: 1.1 };
    const costs = [{ ...cost, peakMebibytes: null, moreMebibytes: null }];
    const path = new URL("distillation-cost-2026-02-03.json", root);
    await Deno.writeTextFile(path, JSON.stringify({ date: "2026-02-03T04:05:06Z", costs, rows: [] }));
    assertEquals(savedCosts(root, "2026-02-03"), costs);
    assertEquals(savedCosts(root, "2026-02-04"), []);
    await Deno.writeTextFile(path, "{}");
    const error = assertThrows(() => savedCosts(root, "2026-02-03"), Error, "not costs of this benchmark");
    assert(error.message.startsWith(path.pathname));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
