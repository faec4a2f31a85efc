import { assertEquals, assertThrows } from "@std/assert";
import { checkSamplesPath, createSamplesFile, sampleLines } from "../../../devices/measure/samples_csv.ts";
import { madeUp } from "./made_up.ts";

Deno.test("every raw sample is a row beside the references of its round", () => {
  assertEquals([...sampleLines(madeUp({ model: 'my "m", 2', device: "phone", samplesMs: [[2, 2.5], [3]] }))], [
    'phone,tfjs-wasm,"my ""m"", 2",1,1,2,1,8',
    'phone,tfjs-wasm,"my ""m"", 2",1,2,2.5,1,8',
    'phone,tfjs-wasm,"my ""m"", 2",2,1,3,1,8',
  ]);
});

Deno.test("what was added takes the place of an older file at the end, many samples too", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/samples.csv`;
  try {
    const older = "an older and longer content\n".repeat(9);
    await Deno.writeTextFile(path, older);
    const file = createSamplesFile(path);
    assertEquals(
      Deno.readTextFileSync(`${path}.part`),
      "device,runtime,model,load,round,model_ms,small_reference_ms,large_reference_ms\n",
    );
    file.add([madeUp({ model: "a", samplesMs: [Array.from({ length: 100_000 }, (_, i) => i + 1)] })]);
    file.add([madeUp({ model: "b", samplesMs: [[7]] })]);
    assertEquals(Deno.readTextFileSync(path), older);
    assertEquals([file.close(), file.close()], [path, path]);
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
    assertEquals(lines.length, 100_002);
    assertEquals(lines[100_000], "here,tfjs-wasm,a,1,100000,100000,1,8");
    assertEquals(lines[100_001], "here,tfjs-wasm,b,1,1,7,1,8");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["samples.csv"]);
    createSamplesFile(path).close();
    assertEquals(Deno.readTextFileSync(path).trimEnd().split("\n").length, 100_002, "nothing was added");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that cannot be written, or is one of the models, is told in one line", async () => {
  for (const check of [createSamplesFile, (path: string) => checkSamplesPath(path, [])]) {
    const error = assertThrows(() => check("/nowhere/samples.csv"), Error, "cannot write /nowhere/samples.csv");
    assertEquals(error.message.split("\n").length, 1);
  }
  const folder = await Deno.makeTempDir();
  try {
    const model = `${folder}/model.json`;
    await Deno.writeTextFile(model, "{}");
    checkSamplesPath(`${folder}/samples.csv`, [model]);
    const models = [`${folder}/../${folder.split("/").at(-1)}/model.json`];
    assertThrows(() => checkSamplesPath(model, models), Error, "model.json: it is one of the models");
    await Deno.symlink(model, `${folder}/link.csv`);
    assertThrows(() => checkSamplesPath(`${folder}/link.csv`, models), Error, "link.csv: it is one of the models");
    await Deno.rename(model, `${folder}/samples.csv.part`);
    const part = [`${folder}/samples.csv.part`];
    assertThrows(() => checkSamplesPath(`${folder}/samples.csv`, part), Error, "csv.part: it is one of the models");
    assertThrows(() => checkSamplesPath(folder, []), Error, "it is not a file");
    if (Deno.build.os !== "windows") assertThrows(() => checkSamplesPath("/dev/null", []), Error, "it is not a file");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
