import { assertEquals } from "@std/assert";
import { saveTeachers, saveTestAccuracies } from "../../search/reported_teachers.ts";
import { searchResult } from "../../search/result.ts";
import { runFolder } from "../../search/run_folder.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";

function resultOf(options: Record<string, unknown>, fill: (store: RunStore) => void = () => {}) {
  using store = new RunStore(":memory:");
  store.set("config", resolveRunConfig(searchOptionsSchema.parse({ run: "made-up", ...options }), { cores: 2 }));
  store.set("targets", [{ device: "here", targetMs: 2, weight: 1 }]);
  fill(store);
  return searchResult(store, runFolder(".nacre", "made-up"));
}

Deno.test("all teachers are told, and the accuracies of the first apart", () => {
  const { teacherAccuracy, teachers, teacherTestAccuracy } = resultOf({}, (store) => {
    const teacher = { name: "residual teacher", parameters: null, multiplyAdds: null };
    saveTeachers(store, [{ ...teacher, hash: "a", accuracy: 0.9 }, { ...teacher, hash: "b", accuracy: 0.8 }]);
    saveTestAccuracies(store, [0.88, 0.78]);
  });
  assertEquals(teachers, [
    { name: "residual teacher", accuracy: 0.9, testAccuracy: 0.88 },
    { name: "residual teacher", accuracy: 0.8, testAccuracy: 0.78 },
  ]);
  assertEquals([teacherAccuracy, teacherTestAccuracy], [0.9, 0.88]);
  assertEquals(resultOf({}).teachers, []);
});

Deno.test("where rewards are accuracies alone there is no target", () => {
  assertEquals(resultOf({}).targetMs, 2);
  assertEquals(resultOf({ exponents: [0, 0] }).targetMs, null);
  assertEquals(resultOf({ space: "growth" }).targetMs, null);
});
