import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { withFullOptions } from "../../search/full_options.ts";
import { searchMethod } from "../../search/method.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";

const complete = (distiller: string, distillerOptions: Record<string, unknown> = {}) =>
  withFullOptions(searchOptionsSchema.parse({ distiller, distillerOptions })).distillerOptions;

Deno.test("the options of a search's method are filled in, those of a sum by method", () => {
  assertEquals(complete("kd"), { temperature: 4, alpha: 0.1 });
  assertEquals(complete("kd", { alpha: 0.5 }), { temperature: 4, alpha: 0.5 });
  assertEquals(complete("none"), {});
  assertEquals(complete("kd+none", { kd: { alpha: 1 } }), { kd: { temperature: 4, alpha: 1 }, none: {} });
});

Deno.test("a method that is not there, or options that it has not, are refused in one line that says what is allowed", () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ["kdd", {}, 'unknown method "kdd"; allowed are '],
    ["kdd", {}, 'did you mean "kd"?'],
    ["kd", { temp: 3 }, 'Unrecognized key: "temp"; options of kd: temperature, alpha'],
    ["kd", { alpha: 2 }, "alpha: Too big"],
    ["none", { alpha: 1 }, "options of none: none"],
    ["kd+none", { alpha: 1 }, "options of a sum are given by method, kd, none"],
    ["kd+kd", {}, "adds kd twice"],
    ["pruning", { kind: "filter" }, "with these options it changes the network, but a search times and keeps the one"],
  ];
  for (const [name, options, part] of cases) {
    const { message } = assertThrows(() => searchMethod(name, options), UsageError);
    assertStringIncludes(message, part);
    assertStringIncludes(message, `--distiller ${name}: `);
    assertEquals(message.includes("\n"), false);
  }
});

Deno.test("a method whose options leave the network as it is may be searched with", () => {
  assertEquals(searchMethod("pruning", { kind: "magnitude" }).name, "pruning");
});

Deno.test("flags of a search without effect are refused in one line", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ distiller: "none", teachers: 2 }, '--teachers 2: "none" learns from no teacher'],
    [{ teacher: ["a.onnx"], teachers: 1 }, "--teachers 1 is the number of automatic teachers"],
    [{ teacherColours: true }, "--teacher-colours is for teachers given by --teacher FILE, and none is given"],
    [{ teacher: ["a.onnx"], teacherEpochs: 4 }, "--teacher-epochs is for automatic teachers"],
    [{ distiller: "none", freshTeacher: true }, "--fresh-teacher is for methods with a teacher"],
  ];
  for (const [options, part] of cases) {
    const { message } = assertThrows(() => withFullOptions(searchOptionsSchema.parse(options)), UsageError);
    assertStringIncludes(message, part);
  }
  withFullOptions(searchOptionsSchema.parse({ teacherEpochs: 3, teacherTrainImages: 9, freshTeacher: true }));
});
