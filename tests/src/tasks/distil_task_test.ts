import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { distilTask, type DistilTaskOptions } from "../../../src/tasks/distil_task.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { smallBody } from "./small_networks.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const canvas = { height: 32, width: 32, channels: 1 };
const options: DistilTaskOptions = {
  task: "regression",
  engine,
  distiller: { name: "none" },
  seed: 1,
  epochs: 2,
  trainImages: 100,
  testImages: 20,
  batchSize: 25,
  architecture: smallBody(canvas),
  teacher: smallBody(canvas, { filters: 12 }),
};

Deno.test("a comparison trains teacher, student and baseline, and scores each", async () => {
  const before = tf.memory().numTensors;
  const steps: number[] = [];
  const lines: string[] = [];
  const result = await distilTask({
    ...options,
    teachers: 1,
    teacherEpochs: 3,
    onStep: (step, total) => steps.push(step) && assertEquals(total, 28),
    log: (line) => lines.push(line),
  });
  assertEquals(steps, Array.from({ length: 28 }, (_, index) => index + 1));
  assertEquals(lines, [
    "training the teacher",
    "training the student by none",
    "training the student without a teacher",
  ]);
  const { higherIsBetter, scores, task } = result;
  assertEquals([task, higherIsBetter, result.steps], ["regression", false, 8]);
  assertEquals(Object.keys(scores), ["teacher", "student", "baseline"]);
  // Without a method the student is the baseline.
  assertEquals(scores.student, scores.baseline);
  assert(scores.teacher?.angleErrorDegrees !== scores.student.angleErrorDegrees);
  assertEquals(result.head.map(({ shape }) => shape), [[32, 4], [4]]);
  assert(result.seconds > 0 && Number.isFinite(result.loss));
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("no teacher is trained for a method that takes none, and the baseline may be left out", async () => {
  const architecture = smallBody({ height: 28, width: 28, channels: 1 });
  const { scores } = await distilTask({ ...options, task: "retrieval", baseline: false, architecture });
  assertEquals(Object.keys(scores), ["student"]);
  assertEquals(Object.keys(scores.student)[0], "meanAveragePrecision");
});

Deno.test("the default student and teacher fit the task's images", async () => {
  const { architecture, scores } = await distilTask({
    ...options,
    architecture: undefined,
    teacher: undefined,
    teachers: 1,
    epochs: 1,
    trainImages: 50,
    baseline: false,
  });
  assertEquals(architecture.input, canvas);
  assertEquals(Object.keys(scores), ["teacher", "student"]);
});

Deno.test("a method for other tasks, an unknown task and wrong sizes are refused in a line", async () => {
  const before = tf.memory().numTensors;
  await assertRejects(
    () => distilTask({ ...options, distiller: { name: "kd" } }),
    RangeError,
    "kd is for classification; regression has ",
  );
  await assertRejects(
    () => distilTask({ ...options, task: "classification" }),
    RangeError,
    'unknown task "classification"; allowed are ',
  );
  const steps: number[] = [];
  await assertRejects(
    () => distilTask({ ...options, teachers: 1, task: "retrieval", onStep: (step) => steps.push(step) }),
    RangeError,
    "the network takes images of 32x32x1, but retrieval has 28x28x1",
  );
  assertEquals(steps, [], "said before the teacher is trained");
  await assertRejects(() => distilTask({ ...options, trainImages: 0 }), RangeError, "not 0");
  await assertRejects(() => distilTask({ ...options, distiller: { name: "kdd" } }), RangeError, '"kdd"');
  await assertRejects(
    () => distilTask({ ...options, signal: AbortSignal.abort(new DOMException("stopped", "AbortError")) }),
    DOMException,
    "stopped",
  );
  assertEquals(tf.memory().numTensors, before);
});
