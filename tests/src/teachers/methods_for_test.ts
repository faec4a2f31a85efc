import { assert, assertEquals } from "@std/assert";
import { distillers } from "../../../src/distillation/table.ts";
import { methodsFor } from "../../../src/teachers/methods_for.ts";

Deno.test("with logits alone there is kd; every method is for a teacher that gives all or for several teachers", () => {
  const few = methodsFor(["logits"]);
  const all = methodsFor(["logits", "stages", "before", "embedding", "imageGradient"]);
  assert(few.includes("kd"));
  assertEquals(few.filter((name) => !all.includes(name)), []);
  assert(all.every((name) => Object.hasOwn(distillers, name)));
  // It takes no teacher.
  assert(!all.includes("none"));
});
