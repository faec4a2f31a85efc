import { assertEquals, assertThrows } from "@std/assert";
import { createSamplesFile, sampleLines } from "../../../devices/measure/samples_csv.ts";
import { madeUp } from "./made_up.ts";

Deno.test("every raw sample is a row beside the references of its round", () => {
  assertEquals([...sampleLines(madeUp({ model: 'my "m", 2', device: "phone", samplesMs: [[2, 2.5], [3]] }))], [
    'phone,tfjs-wasm,"my ""m"", 2",1,1,2,1,8',
    'phone,tfjs-wasm,"my ""m"", 2",1,2,2.5,1,8',
    'phone,tfjs-wasm,"my ""m"", 2",2,1,3,1,8',
  ]);
});

Deno.test("the file holds what was added so far, many samples too", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "an older and longer content\n".repeat(9));
    const file = createSamplesFile(path);
    assertEquals(
      Deno.readTextFileSync(path),
      "device,runtime,model,load,round,model_ms,small_reference_ms,large_reference_ms\n",
    );
    file.add([madeUp({ model: "a", samplesMs: [Array.from({ length: 100_000 }, (_, i) => i + 1)] })]);
    file.add([madeUp({ model: "b", samplesMs: [[7]] })]);
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
    file.close();
    assertEquals(lines.length, 100_002);
    assertEquals(lines[100_000], "here,tfjs-wasm,a,1,100000,100000,1,8");
    assertEquals(lines[100_001], "here,tfjs-wasm,b,1,1,7,1,8");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file that cannot be written is told in one line", () => {
  const error = assertThrows(
    () => createSamplesFile("/nowhere/samples.csv"),
    Error,
    "cannot write /nowhere/samples.csv",
  );
  assertEquals(error.message.split("\n").length, 1);
});
