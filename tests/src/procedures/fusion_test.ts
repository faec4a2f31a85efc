import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { kd } from "../../../src/distillation/kd.ts";
import { completeOptions } from "../../../src/distillation/table.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { fuse, fusion } from "../../../src/procedures/fusion.ts";
import type { ProcedureContext } from "../../../src/procedures/procedure.ts";
import { accuracyOf } from "../../../src/procedures/validation.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { evaluate } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";

const engine = await startWasmEngine();
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const batchSize = 32;
const input = { height: 8, width: 8, channels: 1, classes: 3 };
const teachers = [1, 2].map((seed) => {
  const architecture = teacherArchitecture(input);
  return networkTeacher({
    name: `teacher ${seed}`,
    architecture,
    weights: initialiseWeights(architecture, seed),
    engine,
    batchSize,
  });
});
const context: ProcedureContext = {
  architecture: createSpace("mnas", { ...dataset, classes: 3 }).reference(1),
  engine,
  data,
  teachers,
  trainImages: 240,
  epochs: 3,
  batchSize,
  views: 1,
  seed: 7,
  peakLearningRate: 0.01,
};
const create = (options: Record<string, unknown> = {}) =>
  fusion.create(fusion.options.parse(completeOptions(fusion, options)));

interface Details {
  fusedAccuracy: number;
  returned: number;
  students: { accuracy: number; rendering: string; teacherRendering: string; teacher: string }[];
}

Deno.test("fused probabilities are the weighted mean of the students'", () => {
  const logits = [[0.2, 0.8], [0.6, 0.4]].map((row) => Float32Array.from(row, Math.log));
  const fused = fuse(logits, { classes: 2, weights: [0.25, 0.75] });
  assertAlmostEquals(fused[0], 0.5, 1e-6);
  assertAlmostEquals(fused[1], 0.5, 1e-6);
  // Sure of one thing, against two that are not sure of another.
  const three = [[5, 0, -1], [0, 0.5, 0], [0, 0.5, 0]].map((row) => Float32Array.from(row));
  assertEquals(accuracyOf(fuse(three, { classes: 3, weights: [1 / 3, 1 / 3, 1 / 3] }), [0]), 1);
  assertEquals(accuracyOf(Float32Array.of(0.1, 0.9, 0.9, 0.1), [1, 1]), 0.5);
});

Deno.test("fusion trains one student per teacher and modality, and returns the best on the caller's images", async () => {
  const steps: string[] = [];
  const lines: string[] = [];
  const procedure = create({ renderings: ["plain", "inverted", "plain"], alpha: 1 });
  const result = await procedure.run({
    ...context,
    onStep: (step, all) => steps.push(`${step}/${all}`),
    log: (line) => lines.push(line),
  });
  assertEquals(steps.length, 63);
  assertEquals([steps[0], steps[21], steps[62]], ["1/63", "22/63", "63/63"]);
  assertEquals(result.steps, 63);
  assertEquals(lines.length, 4);
  const { fusedAccuracy, returned, students } = result.details as unknown as Details;
  assertEquals(students.map(({ teacher }) => teacher), ["teacher 1", "teacher 2", "teacher 1"]);
  assertEquals(students.map(({ rendering }) => rendering), ["plain", "inverted", "plain"]);
  assertEquals(students.map(({ teacherRendering }) => teacherRendering), ["plain", "plain", "plain"]);
  assert(fusedAccuracy > 0.4, `fused ${fusedAccuracy}`);
  assert(returned !== 1);
  assertEquals(students[returned].accuracy, Math.max(students[0].accuracy, students[2].accuracy));
  const predictor = await buildPredictor(context.architecture, { engine, weights: result.weights });
  assertEquals(await evaluate(predictor, data, dataset.train, data.validation), students[returned].accuracy);
  predictor.dispose();
});

Deno.test("fusion's first student is that of a plain distillation by the first teacher", async () => {
  const short = { ...context, epochs: 1, trainImages: 64 };
  const result = await create({ weights: [1, 0], temperature: 2, alpha: 0.5 }).run(short);
  const { fusedAccuracy, returned, students } = result.details as unknown as Details;
  assertEquals(fusedAccuracy, students[0].accuracy);
  const plain = await train(context.architecture, {
    ...short,
    distiller: kd.create({ temperature: 2, alpha: 0.5 }),
    teachers: [teachers[0]],
  });
  if (returned === 0) assertEquals(result.weights.parameters, plain.weights.parameters);
  const predictor = await buildPredictor(context.architecture, { engine, weights: plain.weights });
  assertEquals(await evaluate(predictor, data, dataset.train, data.validation), students[0].accuracy);
  predictor.dispose();
});

Deno.test("a teacher sees its own rendering even where its answers of the data's images are kept", async () => {
  const inner = teachers[0];
  const seen: Float32Array[] = [];
  let kept = 0;
  const remembering: Teacher = {
    ...inner,
    outputs(request) {
      kept++;
      return inner.outputs(request);
    },
    predict(images) {
      seen.push(images.slice());
      return inner.predict?.(images) ?? Promise.reject(new Error("it predicts"));
    },
  };
  const short = { ...context, epochs: 1, trainImages: 32, teachers: [remembering] };
  const run = (options: Record<string, unknown>) => create({ students: 2, ...options }).run(short);
  const { students } = (await run({ teacherRenderings: ["plain", "inverted"] })).details as unknown as Details;
  assertEquals(students.map(({ teacherRendering }) => teacherRendering), ["plain", "inverted"]);
  assertEquals([kept, seen.length], [1, 1]);
  const all = new BatchReader({ ...data, rendering: "inverted" }, 240).read(dataset.train, data.train.subarray(0, 32));
  const sorted = (values: Float32Array) => values.slice().sort();
  assertEquals(sorted(seen[0]), sorted(all.images));
  await run({ renderings: ["plain", "edges"] });
  assertEquals([kept, seen.length], [3, 1]);
});

Deno.test("fusion refuses to train where no student would know the data's own images", async () => {
  let steps = 0;
  const counting = { ...context, onStep: () => steps++ };
  const inverted = { ...counting, data: { ...data, rendering: "inverted" as const } };
  for (const [own, renderings] of [[counting, ["inverted", "edges"]], [inverted, ["plain", "edges"]]] as const) {
    await assertRejects(() => create({ renderings }).run(own), RangeError, "must know the data's own images");
  }
  assertEquals(steps, 0);
  const short = { ...inverted, epochs: 1, trainImages: 32 };
  const { details } = await create({ renderings: ["edges", "inverted"] }).run(short);
  assertEquals((details as unknown as Details).returned, 1);
});

Deno.test("fusion refuses lists that do not fit", async () => {
  assertThrows(() => create({ students: 2, weights: [1, 1, 1] }), RangeError, "more entries than there are students");
  await assertRejects(
    () => create({ students: 3, weights: [1, 1] }).run(context),
    RangeError,
    "3 networks take as many weights, got 2",
  );
  await assertRejects(
    () => create({ students: 2 }).run({ ...context, teachers: [...teachers, teachers[0]] }),
    RangeError,
    "fusion has 2 students for 3 teachers",
  );
});
