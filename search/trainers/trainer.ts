// The trainer process: reads a job per line from stdin, writes replies to stdout, ends when stdin closes. A process of
// its own, because it must be killable: a Deno worker that hangs cannot be stopped.
import { createInterface } from "node:readline";
import process from "node:process";
import { openDataset } from "../../src/data/canonical_file.ts";
import { LogitCache } from "../../src/data/logit_cache.ts";
import { prepareTrainingData, type TrainingData } from "../../src/data/training_data.ts";
import { createDistiller, type DistillerName } from "../../src/distillation/table.ts";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../src/engine/backend.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { buildDeployedModel } from "../../src/models/deployed_model.ts";
import { buildStudent } from "../../src/models/student.ts";
import { evaluate, predictLogits } from "../../src/training/evaluate.ts";
import { DivergedError, train } from "../../src/training/train.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import { type Job, jobSchema, type LogitsJob, type Reply, type TrainJob } from "./job.ts";

const encoder = new TextEncoder();

function reply(message: Reply): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(message)}\n`));
}

// A trainer serves one run, so it meets one dataset: the last one is kept.
let opened: { key: string; data: TrainingData } | undefined;

async function dataOf(job: Job): Promise<TrainingData> {
  const { dataset, dataSeed: seed, validationImages } = job;
  const key = JSON.stringify([dataset, seed, validationImages]);
  if (opened?.key !== key) {
    opened = { key, data: prepareTrainingData(await openDataset(dataset), { seed, validationImages }) };
  }
  return opened.data;
}

async function runTraining(job: TrainJob): Promise<Reply> {
  const data = await dataOf(job);
  const student = buildStudent(job.architecture, { seed: job.seed });
  try {
    const folder = job.teacherLogits;
    const cache = folder === undefined
      ? undefined
      : new LogitCache(folder, { classes: data.dataset.classNames.length, trainCount: data.train.length });
    const trainImages = Math.min(job.trainImages, data.train.length);
    let reportedAt = 0;
    const { steps, seconds, loss } = await train(student, {
      ...job,
      data,
      trainImages,
      distiller: createDistiller(job.distiller as DistillerName, job.distillerOptions),
      teacherLogits: cache && ((view) => cache.read(view, trainImages)),
      onStep(step, steps) {
        if (performance.now() - reportedAt < 250 && step < steps) return;
        reportedAt = performance.now();
        reply({ type: "progress", step, steps });
      },
    });
    const weights = await student.weights();
    const model = buildDeployedModel(job.architecture, weights);
    try {
      const { dataset, validation } = data;
      const onBatch = () => reply({ type: "progress", step: steps, steps });
      const accuracy = await evaluate(model, data, dataset.train, validation, { onBatch });
      const everyTest = Uint32Array.from({ length: dataset.test.count }, (_, index) => index);
      const testAccuracy = job.test ? await evaluate(model, data, dataset.test, everyTest, { onBatch }) : undefined;
      await writeWhole(job.weights, encodeSafetensors(job.architecture, weights));
      return { type: "trained", result: { accuracy, testAccuracy, steps, seconds, loss, backend: tf.getBackend() } };
    } finally {
      model.dispose();
    }
  } finally {
    student.dispose();
  }
}

async function runLogits(job: LogitsJob): Promise<Reply> {
  const data = await dataOf(job);
  const { architecture, weights } = decodeSafetensors(await Deno.readFile(job.teacher), job.teacher);
  const { dataset, train: trainPart } = data;
  const cache = new LogitCache(job.folder, { classes: dataset.classNames.length, trainCount: trainPart.length });
  const { start, end } = cache.range(job.block);
  const model = buildDeployedModel(architecture, weights);
  try {
    // Heard as a sign of life, whatever the size of the teacher.
    const onBatch = () => reply({ type: "progress", step: 1, steps: 1 });
    const positions = trainPart.subarray(start, end);
    await cache.write(job, await predictLogits(model, data, dataset.train, positions, { view: job.view, onBatch }));
  } finally {
    model.dispose();
  }
  return { type: "done" };
}

async function answer(line: string): Promise<Reply> {
  try {
    const job = jobSchema.parse(JSON.parse(line));
    return job.kind === "train" ? await runTraining(job) : await runLogits(job);
  } catch (error) {
    return { type: "failed", reason: (error as Error).message, student: error instanceof DivergedError };
  }
}

if (import.meta.main) {
  const lines = createInterface({ input: process.stdin });
  const ready = startBackend(Deno.args[0] as "auto" | "wasm" | "webgpu");
  // Heard from the start: a line that nobody listens for is lost.
  lines.on("line", async (line) => {
    await ready;
    reply(await answer(line));
  });
  // A closed stdin means that the parent is gone or wants this process gone: whatever is in work is not needed.
  lines.on("close", () => Deno.exit(0));
  try {
    const { name, description } = await ready;
    reply({ type: "ready", backend: name, description });
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
