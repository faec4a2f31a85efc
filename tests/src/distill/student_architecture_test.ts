import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readArchitectureFile } from "../../../src/distill/student_architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const architecture = createSpace("mnas", { height: 8, width: 8, channels: 1, classes: 3 }).reference(1);

Deno.test("a file that is no architecture is refused with the first thing that is wrong in it", async () => {
  const file = await Deno.makeTempFile({ prefix: "nacre-", suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(architecture));
    assertEquals(await readArchitectureFile(file), architecture);
    const cases: [unknown, string][] = [
      [{ ...architecture, classes: 0 }, "classes: Too small"],
      [{ ...architecture, input: { ...architecture.input, height: "8" } }, "input.height: Invalid input"],
      [{ ...architecture, layerz: 1 }, 'Unrecognized key: "layerz"'],
      [{}, ": Invalid input"],
    ];
    for (const [content, part] of cases) {
      await Deno.writeTextFile(file, JSON.stringify(content));
      const { message } = await assertRejects(() => readArchitectureFile(file), RangeError) as Error;
      assertStringIncludes(message, `--architecture ${file}: no architecture (`);
      assertStringIncludes(message, part);
      assertEquals([message.includes("\n"), message.includes("(["), message.includes("([)")], [false, false, false]);
    }
    await Deno.writeTextFile(file, "{");
    assertStringIncludes((await assertRejects(() => readArchitectureFile(file), RangeError) as Error).message, "JSON");
  } finally {
    await Deno.remove(file);
  }
});
