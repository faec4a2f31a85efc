import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { apprentice } from "../../../src/procedures/apprentice.ts";
import { jointLoss, type JointWeights, teacherCrossEntropy } from "../../../src/procedures/apprentice_joint.ts";
import { kernelsOf, kernelValues } from "../../../src/quantisation/kernels.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { buildStudent, type Student } from "../../../src/training/student.ts";
import { barTeacher, contextOf, data, reference, smallStudent } from "./compression_fixtures.ts";

const engine = await startWasmEngine();

function levelsOf(values: Float32Array): number {
  return new Set(values.map((value) => value + 0)).size;
}

for (const scheme of ["A", "B", "C"] as const) {
  Deno.test(`an apprentice of scheme ${scheme} learns with ternary weights`, async () => {
    const teacher = await barTeacher(engine);
    const context = await contextOf({ engine, epochs: 8, teachers: scheme === "A" ? [] : [teacher] });
    const options = apprentice.options.parse({ scheme, teacher: "same", fineTuneRate: 0.3 });
    const { weights, details, steps } = await apprentice.create(options).run(context);
    teacher.dispose();
    assertEquals(steps, 8 * 15);
    for (const kernel of kernelsOf(smallStudent, { skipEnds: true })) {
      assert(levelsOf(kernelValues(weights.parameters, kernel)) <= 3);
    }
    for (const kernel of [kernelsOf(smallStudent)[0], kernelsOf(smallStudent).at(-1)]) {
      assert(kernel && levelsOf(kernelValues(weights.parameters, kernel)) > 3);
    }
    assert(Number(details.accuracy) > 0.7, JSON.stringify(details));
    if (scheme === "A") {
      assertEquals(details.gammaTrainsTeacher, false);
      assert(Number(details.teacherAccuracy) > 0.8, JSON.stringify(details));
    }
    if (scheme === "C") assert(Number(details.fullPrecisionAccuracy) > 0.8, JSON.stringify(details));
  });
}

Deno.test("schemes B and C need a teacher, A needs none", async () => {
  const context = await contextOf({ engine, epochs: 1 });
  await assertRejects(
    () => apprentice.create(apprentice.options.parse({ scheme: "B" })).run(context),
    RangeError,
    "takes 1 teacher",
  );
  const joint = apprentice.create(apprentice.options.parse({ scheme: "A" }));
  assertEquals(joint.teachers, { least: 0, most: 0 });
  const teacher = await barTeacher(engine);
  await assertRejects(() => joint.run({ ...context, teachers: [teacher] }), RangeError, "takes 0 teachers, got 1");
  teacher.dispose();
  assertEquals(apprentice.create(apprentice.options.parse({ scheme: "C" })).teachers, { least: 1, most: 1 });
});

Deno.test("in schemes B and C nobody asks the teacher for a gradient, and it stays what it was", async () => {
  const trained = await barTeacher(engine);
  const asked: unknown[] = [];
  const teacher: Teacher = {
    ...trained,
    outputs(request) {
      asked.push(request.imageGradient, ...request.features);
      return trained.outputs(request);
    },
  };
  const images = new Float32Array(64).fill(0.5);
  const before = await teacher.predict?.(images);
  for (const scheme of ["B", "C"]) {
    const context = await contextOf({ engine, epochs: 2, teachers: [teacher] });
    await apprentice.create(apprentice.options.parse({ scheme })).run(context);
  }
  assert(asked.length > 0 && asked.every((each) => each === undefined || each === false));
  assertEquals(await teacher.predict?.(images), before);
  trained.dispose();
});

const weights: JointWeights = { alpha: 1, beta: 0.5, gamma: 0.5, temperature: 1, gammaTrainsTeacher: false };

/** Gradients that a joint step leaves in both networks, and the apprentice's loss. */
async function jointStep(numbers: Partial<JointWeights>) {
  const build = (seed: number, architecture = smallStudent): Promise<Student> =>
    buildStudent(architecture, { backend: engine, batchSize: 16, seed, gradients: ["logits"] });
  const [student, teacher] = [await build(1), await build(2, reference)];
  const loss = await jointLoss(student, teacher, { ...weights, ...numbers });
  const images = Float32Array.from({ length: 16 * 64 }, (_, i) => Math.sin(i * i));
  const positions = data.train.subarray(0, 16);
  const batch = {
    images,
    labels: Int32Array.from({ length: 16 }, (_, i) => i % 3),
    positions,
    indices: positions,
    epoch: 0,
    view: 0,
  };
  student.network.forward(images);
  await loss.backward(batch, 0);
  const result = {
    student: await student.network.readGradient(),
    teacher: await teacher.network.readGradient(),
    loss: (await loss.read())[0],
  };
  loss.endStep(0.01);
  loss.dispose();
  student.dispose();
  teacher.dispose();
  return result;
}

function farthest(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

Deno.test("in scheme A the third term trains the teacher where that was chosen and only there", async () => {
  const none = await jointStep({ gamma: 0 });
  const stopped = await jointStep({ gamma: 0.7 });
  const passed = await jointStep({ gamma: 0.7, gammaTrainsTeacher: true });
  assertEquals(stopped.teacher, none.teacher);
  assert(farthest(passed.teacher, none.teacher) > 1e-3);
  assertEquals(passed.student, stopped.student);
  assert(farthest(stopped.student, none.student) > 1e-3);
});

Deno.test("a joint step frees its tensors", async () => {
  await jointStep({});
  const before = tf.memory().numTensors;
  await jointStep({ gammaTrainsTeacher: true });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("the third term is the cross-entropy, with gradients of finite differences to both sides", async () => {
  await tf.setBackend("cpu");
  const teacher = [1, 3, 2, 0.5, -1, 0];
  const student = [1, 2, 3, 0.1, 0.2, -0.4];
  const valueOf = (t: number[], s: number[], temperature: number) =>
    tf.tidy(() => teacherCrossEntropy(tf.tensor2d(t, [2, 3]), tf.tensor2d(s, [2, 3]), temperature).dataSync()[0]);
  // By hand at T = 1: of each row -sum of p_T * log p_A.
  const softmax = (row: number[]) => {
    const sum = row.reduce((total, value) => total + Math.exp(value), 0);
    return row.map((value) => Math.exp(value) / sum);
  };
  let expected = 0;
  for (const start of [0, 3]) {
    const [p, q] = [teacher, student].map((values) => softmax(values.slice(start, start + 3)));
    expected -= p.reduce((sum, value, i) => sum + value * Math.log(q[i]), 0) / 2;
  }
  assertAlmostEquals(valueOf(teacher, student, 1), expected, 1e-5);
  for (const temperature of [1, 2]) {
    const grads = tf.tidy(() =>
      tf.grads((t, s) => teacherCrossEntropy(t, s, temperature))(
        [tf.tensor2d(teacher, [2, 3]), tf.tensor2d(student, [2, 3])],
      ).map((gradient) => [...gradient.dataSync()])
    );
    for (const [side, gradient] of grads.entries()) {
      for (const [i, exact] of gradient.entries()) {
        const moved = (by: number) => {
          const inputs = [[...teacher], [...student]];
          inputs[side][i] += by;
          return valueOf(inputs[0], inputs[1], temperature);
        };
        assertAlmostEquals((moved(1e-2) - moved(-1e-2)) / 2e-2, exact, 2e-3);
      }
    }
  }
});
