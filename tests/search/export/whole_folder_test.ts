import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type CardFile, cardFileOf } from "../../../search/export/card_file.ts";
import { requireReplaceable } from "../../../search/export/replaceable.ts";
import { writeWholeFolder } from "../../../search/export/whole_folder.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { withFolder } from "../../src/data/sample_files.ts";

/** A folder with these files; a name that ends in a slash is a folder. */
async function fill(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    const place = `${folder}/${path}`;
    await Deno.mkdir(place.slice(0, place.lastIndexOf("/")), { recursive: true });
    if (!place.endsWith("/")) await Deno.writeTextFile(place, text);
  }
  return folder;
}

const contents = { "README.md": "text", "index.html": "", "onnx/model.onnx": "graph" };
let card: CardFile<{ format: string; trial: number }> = { format: "", trial: 0, sha256: {} };
await withFolder(async (folder) => {
  await fill(folder, contents);
  card = await cardFileOf({ format: "nacre-card", trial: 3 }, { folder, files: Object.keys(contents) });
});
const exported = { ...contents, "card.json": JSON.stringify(card, null, 2) };

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("a folder is replaceable where it is missing, empty or an export as it was written", () =>
  withFolder(async (folder) => {
    await requireReplaceable(`${folder}/missing`);
    await requireReplaceable(await fill(`${folder}/empty`, { "": "" }));
    await requireReplaceable(await fill(`${folder}/export`, exported));
    // What systems put there on their own, and what somebody removed.
    await fill(`${folder}/export`, { ".DS_Store": "x", "onnx/Thumbs.db": "x", "onnx/desktop.ini": "x" });
    await Deno.remove(`${folder}/export/index.html`);
    await requireReplaceable(`${folder}/export`);
    await requireReplaceable(await fill(`${folder}/shown`, { ".DS_Store": "x" }));
  }));

Deno.test("a folder with anything else is refused, whatever its card.json says", () =>
  withFolder(async (folder) => {
    const cases: [Record<string, string>, RegExp][] = [
      [{ "card.json": "{}", "thesis.tex": "" }, /holds other files/],
      [{ "card.json": "no JSON" }, /holds other files, for instance card.json/],
      [{ ...exported, "card.json": JSON.stringify({ ...card, format: "other-card" }) }, /holds other files/],
      [{ ...exported, "notes.txt": "" }, /also holds notes.txt, which no export wrote; allowed: /],
      [{ ...exported, "onnx/mine.onnx": "" }, /also holds onnx\/mine.onnx/],
      [{ ...exported, ".git/": "" }, /also holds .git/],
      [{ ...exported, "README.md": "text, and mine" }, /: README.md was changed after the export; allowed: /],
      [{ ...exported, "onnx/model.onnx": "" }, /: onnx\/model.onnx was changed after the export/],
      [{ ...exported, "card.json": JSON.stringify({ ...card, trial: 4 }) }, /: card.json was changed/],
      // A card that was changed claims nothing.
      [{
        ...exported,
        "thesis.tex": "",
        "card.json": JSON.stringify({ ...card, sha256: { ...card.sha256, "thesis.tex": "" } }),
      }, /: card.json was changed/],
    ];
    for (const [index, [files, message]] of cases.entries()) {
      const place = await fill(`${folder}/${index}`, files);
      const { message: said } = await assertRejects(() => requireReplaceable(place), UsageError);
      assertMatch(said, message);
      assertEquals(said.split("\n").length, 1);
    }
  }));

Deno.test("the working directory and the folders around it are refused", async () => {
  for (const place of [".", "..", "/"]) {
    await assertRejects(
      () => requireReplaceable(place),
      UsageError,
      "the folder that this command runs in, or one around",
    );
  }
});

Deno.test("where the new folder cannot be put in place, the earlier one is as it was", () =>
  withFolder(async (folder) => {
    const place = await fill(`${folder}/out`, exported);
    // Makes the last step fail: the new folder is gone.
    const write = async (made: string) => await Deno.rename(made, `${folder}/elsewhere`);
    await assertRejects(() => writeWholeFolder(place, write));
    assertEquals(await names(place), ["README.md", "card.json", "index.html", "onnx"]);
    assertEquals(await names(folder), ["elsewhere", "out"]);
  }));

Deno.test("an export that was killed amid the exchange loses nothing: the next one brings the earlier folder back", () =>
  withFolder(async (folder) => {
    const left = `${folder}/.nacre-export-abc.part`;
    await fill(left, { "lock": "", "old/out/card.json": "earlier", "old/there/card.json": "older", "new/x": "" });
    await fill(`${folder}/there`, { "card.json": "newer" });
    await writeWholeFolder(`${folder}/next`, (made) => Deno.writeTextFile(`${made}/x`, "x"));
    assertEquals(await names(folder), ["next", "out", "there"]);
    assertEquals(await Deno.readTextFile(`${folder}/out/card.json`), "earlier");
    assertEquals(await Deno.readTextFile(`${folder}/there/card.json`), "newer");
  }));

Deno.test("what another process is at work on stays", () =>
  withFolder(async (folder) => {
    // In use as by another process: a file that is opened anew is locked anew.
    await writeWholeFolder(`${folder}/slow`, async (made) => {
      await writeWholeFolder(`${folder}/fast`, (made) => Deno.writeTextFile(`${made}/x`, "x"));
      await Deno.writeTextFile(`${made}/x`, "x");
    });
    assertEquals(await names(folder), ["fast", "slow"]);
  }));

Deno.test("a link is followed: the folder that it leads to is replaced, the link stays", () =>
  withFolder(async (folder) => {
    await fill(`${folder}/real`, exported);
    await Deno.symlink(`${folder}/real`, `${folder}/link`);
    await writeWholeFolder(`${folder}/link`, (made) => Deno.writeTextFile(`${made}/x`, "x"));
    assertEquals((await Deno.lstat(`${folder}/link`)).isSymlink, true);
    assertEquals(await names(`${folder}/real`), ["x"]);
  }));
