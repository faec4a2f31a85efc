import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { routeConstrained } from "../../../src/procedures/route_constrained.ts";
import { equalIntervals, nextAnchor } from "../../../src/procedures/route_constrained_anchors.ts";
import { teacherLogits } from "../../../src/procedures/route_constrained_route.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { barContext, barTeacher, countingEngine, student, trainedBy } from "./bars.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const procedureOf = (options: Record<string, unknown>) =>
  routeConstrained.create(routeConstrained.options.parse(options));

interface Passed {
  anchor: string;
  epochs: number;
  accuracy: number;
}

Deno.test("anchors at equal intervals rise and end at the last epoch", () => {
  assertEquals(equalIntervals(200, 4), [50, 100, 150, 200]);
  assertEquals(equalIntervals(5, 1), [5]);
  for (let last = 1; last <= 30; last++) {
    for (let count = 1; count <= 12; count++) {
      const anchors = equalIntervals(last, count);
      assertEquals(anchors.length, Math.min(last, count));
      assertEquals(anchors.at(-1), last);
      assert(anchors[0] >= 1 && anchors.every((epoch, index) => index === 0 || epoch > anchors[index - 1]));
    }
  }
});

Deno.test("the next greedy anchor is the first that is farther by the threshold, else the last", () => {
  const divergences = [0.5, 0.6, 0.8, 0.91, 2, 3];
  assertEquals(nextAnchor(divergences, 0, 0.8), 3);
  assertEquals(nextAnchor(divergences, 0, 0.1), 1);
  assertEquals(nextAnchor(divergences, 3, 0.8), 4);
  assertEquals(nextAnchor(divergences, 4, 0.8), 5);
  assertEquals(nextAnchor(divergences, 0, 100), 5);
  // Going on by the rule from anywhere rises and ends.
  let current = 0;
  for (let phase = 0; current < 5; phase++) {
    const next = nextAnchor(divergences, current, 0.05);
    assert(next > current && phase < 6);
    current = next;
  }
});

Deno.test("one anchor is kd, bit for bit, for a given teacher and for the built-in one", async () => {
  const teacher = await barTeacher(engine);
  const context = barContext(engine, { teachers: [teacher] });
  const numbers = { temperature: 3, alpha: 0.2, anchors: 1 };
  const given = await procedureOf(numbers).run(context);
  assertEquals(given.weights.parameters, await trainedBy(context, "kd", { temperature: 3, alpha: 0.2 }));
  assertEquals(given.steps, 12);
  teacher.dispose();
  const own = await procedureOf({ ...numbers, teacherEpochs: 3 }).run({ ...context, teachers: [] });
  assertEquals(own.steps, 12 + 18);
  assertEquals((own.details.anchors as Passed[]).map(({ anchor, epochs }) => [anchor, epochs]), [
    ["teacher after epoch 3", 2],
  ]);
});

Deno.test("the student passes the route's anchors in order, on one budget, from a cache the second time", async () => {
  const cacheDir = await Deno.makeTempDir();
  const steps: string[] = [];
  const counting = countingEngine(engine);
  const context = barContext(counting, {
    epochs: 5,
    cacheDir,
    onStep: (step, all) => steps.push(`${step}/${all}`),
  });
  const procedure = procedureOf({ anchors: 3, teacherEpochs: 6 });
  const tensors = tf.memory().numTensors;
  const result = await procedure.run(context);
  assertEquals(result.steps, 30 + 36);
  assertEquals(steps.at(-1), "66/66");
  assertEquals((result.details.anchors as Passed[]).map(({ anchor, epochs }) => [anchor, epochs]), [
    ["teacher after epoch 2", 1],
    ["teacher after epoch 4", 1],
    ["teacher after epoch 6", 3],
  ]);
  assert((result.details.accuracy as number) > 0.5, JSON.stringify(result.details));
  const second = await procedure.run(context);
  assertEquals([second.steps, second.weights], [30, result.weights]);
  assertEquals([tf.memory().numTensors, counting.live], [tensors, 0]);
  const files = [...Deno.readDirSync(`${cacheDir}/networks`)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.endsWith(".safetensors")).length, 6);
  await Deno.remove(cacheDir, { recursive: true });
});

Deno.test("with a budget for each anchor the student makes its epochs for each", async () => {
  const result = await procedureOf({ anchors: 2, teacherEpochs: 2, budget: "each" }).run(barContext(engine));
  assertEquals(result.steps, 12 + 2 * 12);
});

Deno.test("each phase goes on from the weights of the one before", async () => {
  const teachers = [await barTeacher(engine, 21), await barTeacher(engine, 22)];
  const run = (anchors: Teacher[], options = {}) =>
    procedureOf({ anchors: anchors.length, ...options }).run(barContext(engine, { teachers: anchors }));
  const { weights, details } = await run(teachers);
  assertEquals((details.anchors as Passed[]).map(({ anchor, epochs }) => [anchor, epochs]), [
    ["teacher 21", 1],
    ["teacher 22", 1],
  ]);
  const swapped = await run([teachers[1], teachers[1]]);
  assert(swapped.weights.parameters.some((value, index) => value !== weights.parameters[index]));
  for (const teacher of teachers) teacher.dispose();
});

/** `teacher` with all logits times `factor`: the less, the earlier it seems to be in its training. */
function surer(teacher: Teacher, factor: number): Teacher {
  return {
    ...teacher,
    name: `sure ${factor}`,
    async outputs(request) {
      const { logits, features } = await teacher.outputs(request);
      return { logits: logits.map((value) => factor * value), features };
    },
    predict: async (images) => (await teacher.predict!(images)).map((value) => factor * value),
  };
}

Deno.test("the greedy schedule takes few anchors of a large threshold, and ends at the converged teacher", async () => {
  const teacher = await barTeacher(engine);
  const factors = [0.05, 0.1, 0.2, 0.4, 1];
  const teachers = factors.map((factor) => surer(teacher, factor));
  const anchorsAt = async (threshold: number, options: Record<string, unknown> = {}) => {
    const context = barContext(engine, { teachers, epochs: 6 });
    const result = await procedureOf({ schedule: "greedy", threshold, anchors: 5, ...options }).run(context);
    const passed = result.details.anchors as Passed[];
    const places = passed.map(({ anchor }) => factors.indexOf(Number(anchor.split(" ").at(-1))));
    assertEquals(places.at(-1), 4);
    assert(places.every((place, index) => index === 0 || place > places[index - 1]), places.join());
    assertEquals(passed.reduce((sum, { epochs }) => sum + epochs, 0), 6);
    assertEquals(result.steps, 36);
    return places;
  };
  const every = await anchorsAt(0.01);
  assert(every.length > 1, every.join());
  assertEquals(await anchorsAt(1e2), [4]);
  // What is sure of nothing diverges least from the untrained student; a small threshold stops right after it.
  assertEquals(every[0], 1);
  assertEquals((await anchorsAt(0.01, { anchors: 2 })).length, 2);
  teacher.dispose();
});

Deno.test("hints go with the logits, for a student of a search space too", async () => {
  const tensors = tf.memory().numTensors;
  const context = barContext(engine, { architecture: student });
  const result = await procedureOf({ on: "hints", anchors: 2, teacherEpochs: 2 }).run(context);
  assertEquals((result.details.anchors as Passed[]).length, 2);
  assertEquals(tf.memory().numTensors, tensors);
  assert(Number.isFinite(result.loss));
});

Deno.test("what has no route is refused with what to do", async () => {
  const teacher = await barTeacher(engine);
  await assertRejects(
    () => procedureOf({}).run(barContext(engine, { teachers: [teacher] })),
    RangeError,
    "route-constrained with 4 anchors takes several checkpoints of one teacher in their order, or none to train the " +
      "built-in one; got teacher 11 alone",
  );
  await assertRejects(
    () => procedureOf({ teacherEpochs: 3 }).run(barContext(engine, { teachers: [teacher, teacher] })),
    RangeError,
    "route-constrained takes teacherEpochs or teachers, got both",
  );
  const table = logitsTeacher({ name: "a table", hash: "0", classes: 3, read: () => Promise.reject(new Error()) });
  await assertRejects(
    () => teacherLogits(table, barContext(engine)),
    RangeError,
    "the greedy schedule needs teachers that answer to validation images, a table does not: use equal-interval",
  );
  await assertRejects(
    () => procedureOf({ on: "hints", anchors: 2 }).run(barContext(engine, { teachers: [table, table] })),
    RangeError,
    "route-constrained needs stages of its teacher, but a table gives logits only",
  );
  teacher.dispose();
});
