import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { DistillationBatch, Phase } from "../../../src/distillation/distiller.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { earlyStopped } from "../../../src/procedures/early_stopped.ts";
import { earlyStoppedKd } from "../../../src/procedures/early_stopped_distiller.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { barContext, barTeacher, countingEngine, student, trainedBy } from "./bars.ts";

const engine = await startWasmEngine();
// Once for all tests, so that they may compare numbers of tensors.
await startTensors(engine);

async function phaseOf(stop: number): Promise<Phase> {
  const { phases } = await earlyStoppedKd({ temperature: 2, alpha: 0.25, stop }).prepare(undefined as never);
  assertEquals(phases.length, 1);
  return phases[0];
}

function batchAt(progress: number, logits: tf.Tensor): DistillationBatch {
  return {
    student: { outputs: { logits }, features: {} },
    teachers: [{ outputs: { logits: tf.tensor2d([[1, 3, 2]]) }, features: {} }],
    targets: { labels: tf.tensor2d([[0, 0, 1]]) },
    positions: Uint32Array.of(0),
    progress,
  };
}

function weightAt({ taskWeight }: Phase, progress: number): number {
  return typeof taskWeight === "number" ? taskWeight : taskWeight(progress);
}

Deno.test("the teacher's term is kd's up to the stop and 0 after it, where the labels have all the weight", async () => {
  const phase = await phaseOf(0.5);
  const termAt = (progress: number) =>
    tf.tidy(() => phase.term!(batchAt(progress, tf.tensor2d([[1, 2, 3]]))).dataSync()[0]);
  assertAlmostEquals(termAt(0), 0.75 * 0.398569, 1e-5);
  assertAlmostEquals(termAt(0.49), 0.75 * 0.398569, 1e-5);
  assertEquals(termAt(0.5), 0);
  assertEquals(termAt(0.9), 0);
  assertEquals([0, 0.49, 0.5, 0.9].map((progress) => weightAt(phase, progress)), [0.25, 0.25, 1, 1]);
});

Deno.test("the gradient of the term is that of finite differences", async () => {
  const phase = await phaseOf(0.5);
  const point = [0.3, -0.7, 1.1];
  const at = (values: number[]) => tf.tidy(() => phase.term!(batchAt(0, tf.tensor2d([values]))).dataSync()[0]);
  const gradient = tf.tidy(() => [
    ...tf.grad((logits) => phase.term!(batchAt(0, logits)))(tf.tensor2d([point])).dataSync(),
  ]);
  const step = 1e-2;
  for (const [index, value] of gradient.entries()) {
    const moved = (by: number) => at(point.map((one, place) => place === index ? one + by : one));
    assertAlmostEquals(value, (moved(step) - moved(-step)) / (2 * step), 1e-3);
  }
});

Deno.test("a stop at the end is kd, bit for bit", async () => {
  const teacher = await barTeacher(engine);
  const context = barContext(engine, { teachers: [teacher] });
  const numbers = { temperature: 3, alpha: 0.2 };
  const result = await earlyStopped.create(earlyStopped.options.parse({ ...numbers, stop: 1 })).run(context);
  assertEquals(result.weights.parameters, await trainedBy(context, "kd", numbers));
  assertEquals(result.steps, 12);
  teacher.dispose();
});

/** Says something else from its request number `from` on. */
function changing(teacher: Teacher, from: number): Teacher {
  let requests = 0;
  return {
    ...teacher,
    async outputs(request) {
      const output = await teacher.outputs(request);
      return requests++ < from ? output : { ...output, logits: output.logits.map((value, index) => value + index % 3) };
    },
  };
}

Deno.test("what the teacher says counts before the stop, and no more after it", async () => {
  const teacher = await barTeacher(engine);
  const weightsOf = async (from: number) => {
    const context = barContext(engine, { teachers: [changing(teacher, from)] });
    return (await earlyStopped.create(earlyStopped.options.parse({ stop: 0.5 })).run(context)).weights.parameters;
  };
  const before = tf.memory().numTensors;
  const untouched = await weightsOf(Infinity);
  assertEquals(tf.memory().numTensors, before);
  assertEquals(await weightsOf(6), untouched);
  assert((await weightsOf(5)).some((value, index) => value !== untouched[index]));
  teacher.dispose();
});

Deno.test("without a teacher the built-in one is trained on a short schedule, once per cache", async () => {
  const cacheDir = await Deno.makeTempDir();
  const lines: string[] = [];
  const steps: string[] = [];
  const counting = countingEngine(engine);
  const context = barContext(counting, {
    architecture: student,
    epochs: 4,
    cacheDir,
    log: (line) => lines.push(line),
    onStep: (step, all) => steps.push(`${step}/${all}`),
  });
  const procedure = earlyStopped.create(earlyStopped.options.parse({}));
  const first = await procedure.run(context);
  assertEquals(first.steps, 6 + 24);
  assertEquals(first.details, {
    accuracy: first.details.accuracy,
    teacher: "teacher of 1 epoch",
    stop: 0.5,
    teacherEpochs: 1,
  });
  assert((first.details.accuracy as number) > 0.6, `accuracy ${first.details.accuracy}`);
  assertEquals(lines.map((line) => line.split(":")[0]), ["teacher of 1 epoch", "student"]);
  assert(steps.includes("30/30"));
  const second = await procedure.run(context);
  assertEquals(second.steps, 24);
  assertEquals(second.weights, first.weights);
  assertEquals(counting.live, 0);
  await Deno.remove(cacheDir, { recursive: true });
});

Deno.test("epochs for a teacher that is given are refused", async () => {
  const teacher = await barTeacher(engine);
  const procedure = earlyStopped.create(earlyStopped.options.parse({ teacherEpochs: 2 }));
  await assertRejects(
    () => procedure.run(barContext(engine, { teachers: [teacher] })),
    RangeError,
    "early-stopped takes teacherEpochs or a teacher, got both (teacher 11)",
  );
  await assertRejects(
    () => procedure.run(barContext(engine, { teachers: [teacher, teacher] })),
    RangeError,
    "early-stopped takes 0 to 1 teachers, got 2",
  );
  teacher.dispose();
});
