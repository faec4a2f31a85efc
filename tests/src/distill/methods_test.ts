import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { listedMethods, listedOptions, methodLines, methodOptionLines } from "../../../src/distill/list_methods.ts";
import { completeMethodOptions, requireTask } from "../../../src/distill/methods.ts";
import { stepProgress } from "../../../src/distill/progress.ts";
import { automaticTeachers, parseNormalisation, requireCount } from "../../../src/distill/teacher_options.ts";
import { createMethod, listMethods } from "../../../src/procedures/table.ts";

Deno.test("every method is listed with what it takes, and its options with a description each", () => {
  const methods = listedMethods();
  assertEquals(methods.map(({ name }) => name), listMethods().map(({ name }) => name));
  const kd = methods.find(({ name }) => name === "kd");
  assertEquals([kd?.kind, kd?.teachers, kd?.needs], ["loss", "1", ["logits"]]);
  assertStringIncludes(methodLines(methods, 1000).join("\n"), "1503.02531");
  for (const { name } of methods) {
    assertEquals(listedOptions(name).filter(({ description }) => description === ""), [], name);
  }
  assertEquals(listedOptions("kd").map(({ default: value }) => value), [4, 0.1]);
  assertEquals(listedOptions("kd+none").map(({ method, name }) => [method, name]), [["kd", "temperature"], [
    "kd",
    "alpha",
  ]]);
  const kdLines = methodOptionLines("kd", listedOptions("kd"), 1000).join("\n");
  for (const words of ["1503.02531", "softens", "a number above 0, at most 1000"]) assertStringIncludes(kdLines, words);
  assertEquals(methodOptionLines("none", listedOptions("none"), 80), [
    "none: the labels alone, no teacher",
    "",
    "none has no options",
  ]);
  assertThrows(() => listedOptions("kdd"), RangeError, "kdd");
});

Deno.test("in a narrow window the list of methods leaves nothing out", () => {
  const methods = listedMethods();
  for (const width of [40, 80, 120]) {
    const lines = methodLines(methods, width);
    assert(lines.every((line) => line.length <= width), String(width));
    const words = lines.join(" ").replace(/\s+/g, " ");
    assertEquals(words.includes("…"), false);
    for (const { kind, name, summary } of methods) {
      assertStringIncludes(words, `${name}: ${summary}`);
      assertStringIncludes(words, `kind: ${kind}`);
    }
  }
});

Deno.test("options are completed, those of a sum by method", () => {
  assertEquals(completeMethodOptions("kd", { alpha: 0.5 }), { temperature: 4, alpha: 0.5 });
  assertEquals(completeMethodOptions("kd+none", {}), { kd: { temperature: 4, alpha: 0.1 }, none: {} });
});

Deno.test("a method for other tasks is refused with what the task has", () => {
  const { message } = assertThrows(() => requireTask(createMethod("kd"), "depth"), RangeError);
  assertStringIncludes(message, "kd is for classification; depth has ");
  assertStringIncludes(message, "none");
  requireTask(createMethod("none"), "depth");
  assertThrows(() => requireTask({ name: "a+b", tasks: [] }, "depth"), RangeError, "no common task");
});

Deno.test("a wrong number of automatic teachers is refused before they are trained", () => {
  const kd = createMethod("kd");
  requireCount(kd, 1);
  assertEquals(assertThrows(() => requireCount(kd, 2), RangeError).message, "kd takes 1 teacher, got 2");
  assertEquals(assertThrows(() => requireCount(kd, 0), RangeError).message, "kd takes 1 teacher, got 0");
});

Deno.test("a method is given the teachers that it needs, several where it takes several, none where it does without", () => {
  const counts: [least: number, most: number, given: number][] = [
    [1, 1, 1],
    [0, 0, 0],
    [0, 1, 0],
    [0, Infinity, 0],
    [1, Infinity, 3],
    [2, Infinity, 3],
    [5, 8, 5],
    [1, 2, 2],
  ];
  for (const [least, most, given] of counts) {
    assertEquals(automaticTeachers({ least, most }), given, `${least} ${most}`);
  }
  assertEquals(automaticTeachers({ least: 0, most: 1, preferred: 1 }), 1);
});

Deno.test("compression is taught unless it is told not to be, methods that make their own teacher are not", () => {
  for (const name of ["int8", "quantized", "differentiable-quantization", "pruning"]) {
    assertEquals(automaticTeachers(createMethod(name).teachers), 1, name);
    assertEquals(listedMethods().find((method) => method.name === name)?.teachers, "0 or 1");
  }
  for (const name of ["born-again", "early-stopped", "noisy-student", "route-constrained"]) {
    assertEquals(automaticTeachers(createMethod(name).teachers), 0, name);
  }
});

Deno.test("a normalisation is a name, or means and deviations", () => {
  assertEquals(parseNormalisation("imagenet"), "imagenet");
  assertEquals(parseNormalisation("0.5/0.25"), { mean: [0.5], deviation: [0.25] });
  assertEquals(parseNormalisation("0.1,0.2,0.3/1,2,3"), { mean: [0.1, 0.2, 0.3], deviation: [1, 2, 3] });
  for (const text of ["images", "1", "1/0", "1/x", "1/2/3", ",/1", "1/"]) {
    const { message } = assertThrows(() => parseNormalisation(text), RangeError);
    assertStringIncludes(message, `--teacher-normalisation is ${text}; allowed are data, unit, bytes, imagenet`);
  }
});

Deno.test("progress is written over on a terminal, and told in tenths elsewhere", () => {
  for (const terminal of [true, false]) {
    let text = "";
    const progress = stepProgress({ terminal, write: (part) => text += part });
    for (let step = 1; step <= 100; step++) progress.onStep(step, 100);
    progress.log("done");
    assert(text.endsWith("done\n"));
    if (terminal) assertEquals(text.split("\n").length, 2);
    else assertEquals(text.split("\n").slice(0, 2), ["step 10/100", "step 20/100"]);
  }
});
