import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { fullRecipe } from "../../../bench/distillation/job.ts";
import { pairNames, students, teacherNetwork } from "../../../bench/distillation/networks.ts";
import { planTrainings, teacherKey } from "../../../bench/distillation/plan.ts";
import { isCompressed, methodRows, withoutRow } from "../../../bench/distillation/rows.ts";
import { methodsOfTask } from "../../../src/distill/methods.ts";
import { meanStepMs } from "../../../bench/distillation/step_times.ts";
import { tapsOf } from "../../../src/distillation/taps.ts";
import { countParameters } from "../../../src/ops/layout.ts";

const io = { height: 28, width: 28, channels: 1, classes: 10 };
const dataset = { ...io, classNames: Array(10).fill("c"), contentHash: "a".repeat(64) };
const prepared = { "fashion-mnist": { file: "x.dataset", dataset } };
const common = { pairs: pairNames, recipe: fullRecipe, seeds: 2 };

Deno.test("the plan goes seed by seed, and every training has a key of its own", () => {
  const rows = methodRows();
  const plan = planTrainings(prepared, { ...common, rows });
  assertEquals(plan.length, 2 * pairNames.length * rows.length);
  assertEquals(plan.map(({ seed }) => seed), plan.map(({ seed }) => seed).sort());
  assertEquals(new Set(plan.map(({ key }) => key)).size, plan.length);
  assertEquals(plan.slice(0, 2).map(({ row }) => row.name), ["none", "kd"]);
});

Deno.test("a key changes with the row's options and with the recipe", () => {
  const rows = methodRows().filter(({ name }) => name === "kd" || name === "none");
  const keysOf = (plan: ReturnType<typeof planTrainings>) => plan.map(({ key }) => key);
  const plain = keysOf(planTrainings(prepared, { ...common, rows }));
  const hotter = rows.map((row) => ({
    ...row,
    options: row.name === "kd" ? { ...row.options, temperature: 9 } : row.options,
  }));
  const changed = keysOf(planTrainings(prepared, { ...common, rows: hotter }));
  for (const [index, { row }] of planTrainings(prepared, { ...common, rows }).entries()) {
    (row.name === "kd" ? assertNotEquals : assertEquals)(changed[index], plain[index]);
  }
  const taught = keysOf(planTrainings(prepared, { ...common, rows, recipe: { ...fullRecipe, epochs: 9 } }));
  assertEquals(taught.some((key) => plain.includes(key)), false);
});

Deno.test("a method that was mended has new keys, all others keep theirs", () => {
  const rows = methodRows();
  const revised = rows.filter(({ revision }) => revision !== undefined);
  assertEquals(
    new Set(revised.map(({ method }) => method)),
    new Set(["quantized", "differentiable-quantization", "apprentice", "pruning", "noisy-student"]),
  );
  const keysOf = (changed: typeof rows) => planTrainings(prepared, { ...common, rows: changed }).map(({ key }) => key);
  const before = keysOf(rows.map(({ revision: _revision, ...row }) => row));
  for (const [index, { key, row }] of planTrainings(prepared, { ...common, rows }).entries()) {
    (row.revision === undefined ? assertEquals : assertNotEquals)(key, before[index]);
  }
});

Deno.test("a teacher's key depends on its own numbers, and only rows that are taught on the keys of teachers", () => {
  const known = prepared["fashion-mnist"];
  const keyOf = (recipe: Partial<typeof fullRecipe>, index = 0) =>
    teacherKey(known, { ...fullRecipe, ...recipe }, index);
  assertNotEquals(keyOf({ teacherEpochs: 9 }), keyOf({}));
  assertNotEquals(keyOf({ teacherTrainImages: 9 }), keyOf({}));
  assertNotEquals(keyOf({}, 1), keyOf({}, 0));
  assertEquals(keyOf({ epochs: 9, trainImages: 640 }), keyOf({}));
  const rows = methodRows();
  const plain = planTrainings(prepared, { ...common, rows });
  const keysOf = (teachersOf: (teachers: number) => number) =>
    planTrainings(prepared, { ...common, rows: rows.map((row) => ({ ...row, teachers: teachersOf(row.teachers) })) })
      .map(({ key }) => key);
  // One teacher more for those that are taught: what it is enters through its key alone.
  for (const [index, key] of keysOf((teachers) => teachers > 0 ? teachers + 1 : 0).entries()) {
    const { row } = plain[index];
    (row.teachers > 0 ? assertNotEquals : assertEquals)(key, plain[index].key, row.name);
  }
  // The recipe as a whole enters every key, the teachers' numbers included.
  const longer = planTrainings(prepared, { ...common, rows, recipe: { ...fullRecipe, teacherEpochs: 9 } });
  assertEquals(longer.some(({ key }, index) => key === plain[index].key), false);
});

Deno.test("methods without a row and compressed ones are methods that there are", () => {
  const names = methodsOfTask("classification").map(({ name }) => name);
  const rows = methodRows().map(({ name }) => name);
  for (const { method } of withoutRow) assertEquals([names.includes(method), rows.includes(method)], [true, false]);
  const compressed = ["apprentice", "differentiable-quantization", "int8", "pruning", "quantized"];
  assertEquals(names.filter(isCompressed).sort(), compressed);
  assert(isCompressed("kd+pruning") && !isCompressed("kd+attention"));
});

Deno.test("every method about classification is a row with its options in full", () => {
  const rows = methodRows();
  assertEquals(rows.find(({ name }) => name === "kd")?.options, { temperature: 4, alpha: 0.1 });
  assertEquals(rows.find(({ name }) => name === "none")?.teachers, 0);
  assertEquals(new Set(rows.map(({ name }) => name)).size, rows.length);
});

Deno.test("both students are smaller than their teacher and can be tapped at several stages and the embedding", () => {
  for (const name of pairNames) {
    const student = students[name](io);
    assert(countParameters(student) < countParameters(teacherNetwork(io)) / 3, name);
    const { embedding, stages } = tapsOf(student);
    assert(stages.length >= 3 && embedding !== undefined, name);
  }
});

Deno.test("a step's time leaves out the slowest and the fastest tenth", () => {
  const times = [0];
  for (let step = 0; step < 20; step++) times.push(times[step] + (step === 3 ? 500 : step === 7 ? 0.1 : 10));
  assertEquals(meanStepMs(times), 10);
  assertThrows(() => meanStepMs([1, 2, 3]), RangeError, "12");
});
