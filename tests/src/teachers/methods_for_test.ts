import { assert, assertEquals, assertThrows } from "@std/assert";
import { distillers } from "../../../src/distillation/table.ts";
import { methods } from "../../../src/procedures/table.ts";
import { methodsFor } from "../../../src/teachers/methods_for.ts";
import { requireTeachers } from "../../../src/training/train.ts";

Deno.test("with logits alone there is kd; every method is for a teacher that gives all or for several teachers", () => {
  const few = methodsFor(["logits"]);
  const all = methodsFor(["logits", "stages", "before", "embedding", "imageGradient"]);
  assert(few.includes("kd"));
  assertEquals(few.filter((name) => !all.includes(name)), []);
  assert(all.every((name) => Object.hasOwn(distillers, name)));
  // It takes no teacher.
  assert(!all.includes("none"));
});

Deno.test("of all methods, procedures that need logits are among those for a teacher of logits", () => {
  const names = methodsFor(["logits"], { table: methods });
  assertEquals(methodsFor(["logits"]).filter((name) => !names.includes(name)), []);
  for (const name of ["assistant", "born-again", "pruning", "fusion"]) assert(names.includes(name), name);
  // They take no teacher, or need more of it.
  for (const name of ["mutual", "self-exits", "fitnets"]) assert(!names.includes(name), name);
  const method = { name: "greedy", needs: ["stages"] as const, teachers: { least: 1, most: 1 } };
  const table = { name: "table", gives: ["logits"] as const };
  assertThrows(() => requireTeachers(method, [table], methods), RangeError, `work with it: ${names.join(", ")}`);
});
