import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { DistillationContext, Distiller, Phase } from "../../../src/distillation/distiller.ts";
import { phaseLoss } from "../../../src/distillation/phase_loss.ts";
import { sumOf, sumPhases } from "../../../src/distillation/sum.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { requireTeachers } from "../../../src/training/train.ts";

await tf.setBackend("cpu");

const context: DistillationContext = {
  task: "classification",
  student: { stages: [], outputs: 2 },
  teachers: [{ stages: [], outputs: 2 }],
  batchSize: 1,
  trainImages: 1,
  labels: [0],
  seed: 1,
  trainingOutputs: () => Promise.reject(new Error("not read")),
};

function constant(name: string, value: number, overrides: Partial<Phase> = {}): Distiller & { disposed: number } {
  return {
    name,
    tasks: ["classification", "regression"],
    needs: ["stages"],
    teachers: { least: 1, most: 1 },
    disposed: 0,
    prepare() {
      const phase = { name, share: 1, taskWeight: 1, term: () => tf.scalar(value), ...overrides };
      return { phases: [phase], dispose: () => void this.disposed++ };
    },
  };
}

function valueOf(phase: Phase): number {
  return tf.tidy(() =>
    phaseLoss(phase, {
      student: { outputs: {}, features: {} },
      teachers: [],
      targets: {},
      positions: new Uint32Array(1),
      progress: 0.5,
    }, () => tf.scalar(10)).dataSync()[0]
  );
}

Deno.test("terms of a sum add up, the task's own loss counts once, with what all leave of it", async () => {
  const parts = [
    constant("a", 1, { studentFeatures: ["x"] }),
    constant("b", 2, { taskWeight: 0.5, studentFeatures: ["x", "y"] }),
  ];
  const sum = sumOf(parts);
  assertEquals(sum.name, "a+b");
  assertEquals(sum.needs, ["stages"]);
  const distillation = await sum.prepare(context);
  const [phase] = distillation.phases;
  assertEquals(phase.studentFeatures, ["x", "y"]);
  assertAlmostEquals(valueOf(phase), 0.5 * 10 + 1 + 2, 1e-6);
  distillation.dispose();
  assertEquals(parts.map(({ disposed }) => disposed), [1, 1]);
});

Deno.test("weights that change with progress change in a sum too", async () => {
  const sum = sumOf([constant("a", 0, { taskWeight: (progress) => progress }), constant("b", 0, { taskWeight: 0.5 })]);
  const { phases: [phase] } = await sum.prepare(context);
  assertAlmostEquals(valueOf(phase), 0.25 * 10, 1e-6);
});

Deno.test("earlier phases of a sum come one after the other, then the last ones together, on at least half of the steps", () => {
  const phase = (name: string, share: number): Phase => ({ name, share, taskWeight: 1 });
  const distillation = (...phases: Phase[]) => ({ phases, dispose() {} });
  const short = sumPhases([distillation(phase("hint", 0.2), phase("kd", 0.8)), distillation(phase("a", 1))]);
  assertEquals(short.map(({ name, share }) => [name, share]), [["hint", 0.2], ["kd+a", 0.8]]);
  const long = sumPhases([
    distillation(phase("h1", 0.6), phase("x", 0.4)),
    distillation(phase("h2", 0.4), phase("y", 0.6)),
  ]);
  assertEquals(long.map(({ name }) => name), ["h1", "h2", "x+y"]);
  for (const [index, share] of [0.3, 0.2, 0.5].entries()) assertAlmostEquals(long[index].share, share, 1e-12);
});

Deno.test("what was prepared is given back where another part of the sum refuses", async () => {
  const part = constant("a", 1);
  const refusing: Distiller = { ...constant("b", 1), prepare: () => Promise.reject(new RangeError("no stages")) };
  let message = "";
  await Promise.resolve(sumOf([part, refusing]).prepare(context)).catch((error) => message = error.message);
  assertEquals([message, part.disposed], ["no stages", 1]);
});

Deno.test("a method that ends with part of the network frozen is refused in a sum, and given back", async () => {
  for (const frozen of [{ trainedUpTo: "stage1" }, { trainedAfter: "stage1" }]) {
    const part = constant("a", 1, frozen);
    let message = "";
    await Promise.resolve(sumOf([constant("b", 1), part]).prepare(context)).catch((error) => message = error.message);
    assertEquals(message.slice(0, 45), "a ends with a part of the network frozen or l");
    assertEquals(part.disposed, 1);
  }
});

Deno.test("where one method takes several teachers the others read the first, which must give what they need", async () => {
  const seen: number[] = [];
  const several: Distiller = { ...constant("s", 1), needs: ["logits"], teachers: { least: 1, most: Infinity } };
  const one = constant("o", 1);
  const counting = (distiller: Distiller): Distiller => ({
    ...distiller,
    prepare(met) {
      seen.push(met.teachers.length);
      return distiller.prepare(met);
    },
  });
  const sum = sumOf([counting(several), counting(one)]);
  assertEquals([sum.teachers, sum.needs, sum.firstNeeds], [{ least: 1, most: Infinity }, ["logits"], ["stages"]]);
  await sum.prepare({ ...context, teachers: [context.teachers[0], context.teachers[0], context.teachers[0]] });
  assertEquals(seen, [3, 1]);
  const rich = { name: "rich", gives: ["logits", "stages"] as const };
  const poor = { name: "poor", gives: ["logits"] as const };
  requireTeachers(sum, [rich, poor]);
  assertThrows(() => requireTeachers(sum, [poor, rich]), RangeError, "s+o needs stages of its teacher, but poor");
  assertEquals(sumOf([constant("a", 1), createDistiller("none")]).teachers, { least: 1, most: 1 });
  assertEquals(sumOf([createDistiller("self"), createDistiller("none")]).teachers, { least: 0, most: 0 });
});

Deno.test("a sum is named by its methods, with options by method", () => {
  assertEquals(createDistiller("kd+none").name, "kd+none");
  assertEquals(createDistiller("kd+none", { kd: { temperature: 2 } }).name, "kd+none");
  assertThrows(() => createDistiller("kd+kd"), RangeError, "adds kd twice");
  assertThrows(() => createDistiller("kd+none", { temperature: 2 }), RangeError, "given by method, kd, none");
  assertThrows(() => createDistiller("kd+none", { kd: 3 }), RangeError, "options of kd must be an object");
  assertThrows(() => createDistiller("kd+", {}), RangeError, 'unknown distiller ""');
});
