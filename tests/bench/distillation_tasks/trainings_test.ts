import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { bench } from "../../../bench/distillation_tasks.ts";
import { boxImitation } from "../../../bench/distillation_tasks/box_imitation.ts";
import { studentOf } from "../../../bench/distillation_tasks/networks.ts";
import { scaled } from "../../../bench/distillation_tasks/plan.ts";
import { type SettingName, settingNames, settingOf } from "../../../bench/distillation_tasks/settings.ts";
import { firstOf } from "../../../bench/distillation_tasks/task_trainings.ts";
import { JobRunner } from "../../../bench/distillation_tasks/trainings.ts";
import { withFreshClassifier } from "../../../bench/distillation_tasks/transfer_trainings.ts";
import { withMirroredPoses, withNoisyBoxes } from "../../../bench/distillation_tasks/wrong_teachers.ts";
import { prepareDataset } from "../../../src/data/table.ts";
import { detectionLoss } from "../../../src/distillation/detection_losses.ts";
import type { DistillationContext } from "../../../src/distillation/distiller.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import { regression } from "../../../src/tasks/regression.ts";
import { detection } from "../../../src/tasks/detection.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
// Fashion-MNIST may not be there, and what is in the images does not matter.
const { file } = await prepareDataset("mnist", { cacheDir: folder, log() {} });
const files = { mnist: file, "fashion-mnist": file };

function jobOf(setting: SettingName, row: string, seed = 1) {
  const sizes = { ...scaled(settingOf(setting).sizes, 1e-6), epochs: 2, testImages: 40 };
  return { type: "train" as const, setting, row, seed, sizes, files };
}

for (const name of settingNames) {
  Deno.test(`every row of ${name} trains, and memory is freed`, async () => {
    const before = tf.memory().numTensors;
    const runner = new JobRunner(engine);
    const setting = settingOf(name);
    const results = [];
    for (const { name: row } of setting.rows) results.push(await runner.run(jobOf(name, row)));
    for (const { accuracyByEpoch, loss, scores, steps, teacher } of results) {
      assertEquals(steps, 4);
      assert(Number.isFinite(loss));
      assert(Object.values(scores).every(Number.isFinite));
      // One teacher taught them all.
      assertEquals(teacher, results[0].teacher);
      assertEquals(accuracyByEpoch.length, setting.type === "transfer" ? 2 : 0);
      if (setting.type === "transfer") assertEquals(accuracyByEpoch[1], scores.accuracy);
    }
    assertEquals(new Set(results.map(({ loss }) => loss)).size, results.length);
    runner.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("a training does not depend on those before it", async () => {
  const runner = new JobRunner(engine);
  const row = "bounded boxes, noisy";
  const { seconds: _, ...first } = await runner.run(jobOf("detection", row));
  await runner.run(jobOf("retrieval", "none"));
  await runner.run(jobOf("detection", "imitated boxes, noisy"));
  const { seconds: __, ...again } = await runner.run(jobOf("detection", row));
  assertEquals(again, first);
  const other = await runner.run(jobOf("detection", row, 2));
  assert(other.loss !== first.loss);
  await assertRejects(() => runner.run(jobOf("detection", "kd")), RangeError, 'detection has no row "kd"');
  runner.dispose();
});

Deno.test("a teacher is taught the mirrored pose of some digits, and the test part stays as it is", async () => {
  const data = await regression.makeData({ seed: 1, trainImages: 40, testImages: 20 });
  const wrong = withMirroredPoses(data, [7]);
  const all = Array.from({ length: 40 }, (_, index) => index);
  const [right, mirrored] = [data, wrong].map(({ train }) => train.targets(all).values.values);
  const rows = all.map((row) => [...mirrored.subarray(4 * row, 4 * row + 4)]);
  assert(data.train.labels.includes(7));
  for (const [row, values] of rows.entries()) {
    const [sine, cosine, x, y] = right.subarray(4 * row, 4 * row + 4);
    assertEquals(values, data.train.labels[row] === 7 ? [-sine, cosine, -x, -y] : [sine, cosine, x, y]);
  }
  assertEquals(wrong.test, data.test);
  assertEquals(data.train.targets(all).values.values, right);
  const few = firstOf(data.train, 10);
  assertEquals([few.count, few.images.length, few.labels.length], [10, 10 * 32 * 32, 10]);
  assertEquals(few.targets([9]).values.values, right.slice(36, 40));
});

Deno.test("noise on boxes has its deviation, comes again with its seed and leaves classes and the network as they are", async () => {
  const data = await detection.makeData({ seed: 1, trainImages: 4, testImages: 4 });
  const architecture = studentOf(data);
  const before = tf.memory().numTensors;
  const taps = { stages: [{ name: "stage1", shape: [6, 6, 4] as const, before: false }], outputs: 1 };
  const head = detection.createHead(taps, { data, seed: 1 });
  const network = { task: detection, architecture, weights: initialiseWeights(architecture, 1), head, dispose() {} };
  tf.tidy(() => {
    const features = { stage1: tf.randomNormal([16, 6, 6, 4], 0, 1, "float32", 3) };
    const answer = (seed: number) => withNoisyBoxes(network, { deviation: 0.5, seed }).head.outputs(features);
    const plain = head.outputs(features);
    const [noisy, again, other] = [1, 1, 2].map(answer);
    assertEquals(noisy.classes.dataSync(), plain.classes.dataSync());
    assertEquals(noisy.boxes.dataSync(), again.boxes.dataSync());
    assert(noisy.boxes.dataSync()[0] !== other.boxes.dataSync()[0]);
    const variance = tf.mean(tf.squaredDifference(noisy.boxes, plain.boxes)).dataSync()[0];
    assertAlmostEquals(Math.sqrt(variance), 0.5, 0.02);
  });
  head.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("imitation of boxes is the squared distance to the teacher's where there are boxes", async () => {
  const distillation = await boxImitation.create({ nu: 0.1 }).prepare({} as DistillationContext);
  const [{ term }] = distillation.phases;
  tf.tidy(() => {
    const outputs = (boxes: number[]) => ({ classes: tf.zeros([1, 2, 3]), boxes: tf.tensor3d(boxes, [1, 2, 4]) });
    const targets = {
      cellClasses: tf.tensor2d([[1, 0]]),
      cellWeights: tf.ones([1, 2]),
      cellBoxes: tf.zeros([1, 2, 4]),
      cellBoxWeights: tf.tensor2d([[2, 0]]),
    };
    const student = { outputs: outputs([1, 2, 3, 4, 9, 9, 9, 9]), features: {} };
    const teacher = { outputs: outputs([1, 1, 1, 1, 0, 0, 0, 0]), features: {} };
    const batch = { student, teachers: [teacher], targets, positions: new Uint32Array(1), progress: 0 };
    // 0.1 * 2 * (0 + 1 + 4 + 9)
    assertAlmostEquals(term?.(batch).dataSync()[0] ?? NaN, 2.8, 1e-5);
    assert(detectionLoss(student.outputs, targets).dataSync()[0] > 0);
  });
});

Deno.test("the last layer alone is drawn anew", () => {
  const architecture = studentOf({ height: 28, width: 28, channels: 1 }, 10);
  const weights = initialiseWeights(architecture, 1, { randomStatistics: true });
  const changed = withFreshClassifier(architecture, weights, 7);
  const start = layoutOf(architecture).nodes.at(-1)?.parameters[0].offset ?? NaN;
  assertEquals(changed.parameters.subarray(0, start), weights.parameters.subarray(0, start));
  assertEquals(changed.parameters.subarray(start), initialiseWeights(architecture, 7).parameters.subarray(start));
  assertEquals(changed.statistics, weights.statistics);
});

Deno.test("the benchmark goes on where it stopped, and what is there is not trained again", async () => {
  const work = `${folder}/work`;
  const run = (more: object) =>
    bench.run(bench.options.parse({ row: ["retrieval"], seeds: 1, share: 0.01, folder: work, ...more })) as Promise<
      { trainings: number; planned: number; rows: { failed: string }[]; claims: { verdict: string }[] }
    >;
  const none = await run({ budget: 1e-9 });
  assertEquals([none.trainings, none.planned, none.rows.length], [0, 3, 0]);
  const done = await run({});
  assertEquals([done.trainings, done.planned, done.rows.map(({ failed }) => failed)], [3, 3, ["", "", ""]]);
  assertEquals(done.claims.map(({ verdict }) => verdict), Array(3).fill("too few seeds"));
  const path = `${work}/results.jsonl`;
  const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
  assertEquals(lines.length, 3);
  // As a kill leaves it: two results and a half.
  Deno.writeTextFileSync(path, `${lines[0]}\n${lines[1]}\n${lines[2].slice(0, 20)}`);
  const again = await run({});
  const untimed = (value: unknown) => JSON.parse(JSON.stringify(value), (key, value) => key === "seconds" ? 0 : value);
  assertEquals(untimed(again), untimed(done));
  const after = Deno.readTextFileSync(path).trimEnd().split("\n");
  assertEquals(after.slice(0, 2), lines.slice(0, 2));
  assertEquals(after.length, 3);
});
