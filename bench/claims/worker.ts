// A worker of the claims: a training at a time, in one thread, so that results do not depend on the number of workers.
import { BatchReader } from "../../src/data/batch_reader.ts";
import { openDataset } from "../../src/data/canonical_file.ts";
import type { ImageSet } from "../../src/data/dataset.ts";
import type { TrainingData } from "../../src/data/training_data.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import type { Engine, Weights } from "../../src/engine/network.ts";
import { startEngine } from "../../src/engine/start_engine.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { inheritWeights } from "../../src/models/inherit.ts";
import { createMethod } from "../../src/procedures/table.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { cosines, verificationScores } from "../../src/tasks/retrieval_scores.ts";
import { cachedTeacher } from "../../src/teachers/cached_teacher.ts";
import { networkTeacher } from "../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../src/teachers/teacher.ts";
import { disposeAfter } from "../../src/training/dispose_after.ts";
import { evaluate, predictLogits } from "../../src/training/evaluate.ts";
import { buildPredictor } from "../../src/training/predictor.ts";
import { serveJobs } from "../distillation/serve.ts";
import { accuracyOf } from "./ensemble.ts";
import { type Job, jobSchema, type Reply } from "./job.ts";
import { prepareVariant, type VariantData } from "./variants.ts";

/** Unseen images whose pairs are compared: all pairs of a thousand are half a million. */
const verifiedImages = 1000;
const embeddingBatch = 250;

/** Serves one job after the other; keeps the datasets and the teachers' answers of earlier ones. */
export class ClaimsWorker {
  readonly #engine: Engine;
  readonly #data = new Map<string, VariantData>();
  readonly #teachers = new Map<string, Teacher>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async run(job: Job): Promise<Reply> {
    const { data, unseen } = await this.#dataOf(job);
    const teachers = [];
    for (const file of job.teachers) teachers.push(await this.#teacher(file, job, data));
    const { architecture, seed, startFrom } = job;
    const start = startFrom === undefined
      ? undefined
      : inheritWeights(decodeSafetensors(await Deno.readFile(startFrom), startFrom), architecture, seed);
    const result = await createMethod(job.method, job.options).run({
      architecture,
      engine: this.#engine,
      data,
      teachers,
      trainImages: job.trainImages,
      epochs: job.epochs,
      batchSize: job.batchSize,
      views: 1,
      seed,
      startWeights: start?.weights,
      peakLearningRate: job.peakLearningRate,
      cacheDir: job.cacheDir,
    });
    const { loss, seconds, weights } = result;
    if (job.weights !== undefined) await writeWhole(job.weights, encodeSafetensors(architecture, weights));
    const predictor = await buildPredictor(architecture, { engine: this.#engine, weights });
    const scores = await disposeAfter(predictor, async () => {
      const { test, train } = data.dataset;
      const accuracy = await evaluate(predictor, data, train, data.validation);
      if (!job.test) return { accuracy };
      const logits = await predictLogits(predictor, data, test, Uint32Array.from({ length: test.count }, (_, i) => i));
      if (job.logits !== undefined) await writeWhole(job.logits, new Uint8Array(logits.buffer));
      return { accuracy, testAccuracy: accuracyOf(logits, test.labels) };
    });
    const verification = unseen && await this.#verify(architecture, weights, data, unseen);
    return { type: "trained", ...scores, ...(verification !== undefined && { verification }), loss, seconds };
  }

  async #dataOf({ dataset, validationImages, variant }: Job): Promise<VariantData> {
    const key = JSON.stringify([dataset, variant, validationImages]);
    const known = this.#data.get(key);
    if (known) return known;
    const prepared = prepareVariant(await openDataset(dataset), variant, { seed: 0, validationImages });
    this.#data.set(key, prepared);
    return prepared;
  }

  async #teacher(
    file: string,
    { batchSize, cacheDir, dataset, trainImages }: Job,
    data: TrainingData,
  ): Promise<Teacher> {
    const key = JSON.stringify([file, dataset, batchSize, trainImages]);
    const known = this.#teachers.get(key);
    if (known) return known;
    const { architecture, weights } = decodeSafetensors(await Deno.readFile(file), file);
    const name = file.slice(file.lastIndexOf("/") + 1);
    const teacher = networkTeacher({ name, architecture, weights, engine: this.#engine, batchSize });
    const cached = cachedTeacher(teacher, { data, cacheDir, trainImages, batchSize });
    this.#teachers.set(key, cached);
    return cached;
  }

  /** Area under the curve of open-set verification by the embeddings' cosines. */
  async #verify(architecture: Architecture, weights: Weights, data: TrainingData, unseen: ImageSet): Promise<number> {
    const count = Math.min(unseen.count, verifiedImages) - Math.min(unseen.count, verifiedImages) % embeddingBatch;
    const network = await this.#engine.compile(architecture, {
      mode: "inference",
      batchSize: embeddingBatch,
      weights,
      features: ["embedding"],
    });
    const embeddings = await disposeAfter(network, async () => {
      const reader = new BatchReader(data, embeddingBatch);
      const parts: Float32Array[] = [];
      for (let start = 0; start < count; start += embeddingBatch) {
        network.forward(
          reader.read(unseen, Uint32Array.from({ length: embeddingBatch }, (_, row) => start + row)).images,
        );
        parts.push(await network.read("embedding"));
      }
      return parts;
    });
    const size = embeddings[0].length;
    const all = new Float32Array(size * embeddings.length);
    for (const [index, part] of embeddings.entries()) all.set(part, index * size);
    return verificationScores(cosines(all, count), unseen.labels.subarray(0, count)).verificationAuc;
  }
}

if (import.meta.main) {
  await serveJobs(async () => {
    const { engine } = await startEngine("wasm");
    const worker = new ClaimsWorker(engine);
    return (job) => worker.run(jobSchema.parse(job));
  });
}
