// What a trainer does with a job: the engine is kept from job to job, and replaced where it is lost.
import { openDataset } from "../../src/data/canonical_file.ts";
import { LogitCache } from "../../src/data/logit_cache.ts";
import { prepareTrainingData, type TrainingData } from "../../src/data/training_data.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import { createDistiller, type DistillerName } from "../../src/distillation/table.ts";
import { DeviceLostError, type Engine, NetworkTooLargeError } from "../../src/engine/network.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { disposeAfter } from "../../src/training/dispose_after.ts";
import { evaluate, predictLogits } from "../../src/training/evaluate.ts";
import { buildPredictor } from "../../src/training/predictor.ts";
import { buildStudent, type Student } from "../../src/training/student.ts";
import { DivergedError, train, type TrainResult } from "../../src/training/train.ts";
import type { Job, LogitsJob, Reply, TrainJob } from "./job.ts";

export interface JobRunnerOptions {
  startEngine: (threads: number) => Promise<Engine>;
  /** Takes what is told of a job under way. */
  onProgress: (progress: Extract<Reply, { type: "progress" }>) => void;
}

/** Runs jobs one after another. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  // A trainer serves one run, so it meets one dataset: the last one is kept.
  #opened: { key: string; data: TrainingData } | undefined;
  #started: { engine: Engine; threads: number } | undefined;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** The engine with so many threads, the same one as long as it serves. */
  async engine(threads = 1): Promise<Engine> {
    const started = this.#started;
    if (started && (started.engine.backend === "webgpu" || started.threads === threads)) return started.engine;
    this.#dropEngine();
    const engine = await this.#options.startEngine(threads);
    this.#started = { engine, threads };
    return engine;
  }

  #dropEngine(): void {
    const started = this.#started;
    this.#started = undefined;
    started?.engine.dispose();
  }

  /** What is gone may refuse to be given back. */
  #dropLostEngine(): void {
    try {
      this.#dropEngine();
    } catch {
      // It was lost anyway, and is not used again.
    }
  }

  /** Does `job`; whatever goes wrong is a reply too. A job whose device was lost is done once more, on a new engine. */
  async run(job: Job): Promise<Reply> {
    for (let triesLeft = 1;; triesLeft--) {
      try {
        return job.kind === "train" ? await this.#train(job) : await this.#computeLogits(job);
      } catch (error) {
        if (error instanceof DeviceLostError) {
          this.#dropLostEngine();
          if (triesLeft > 0) continue;
        }
        const student = error instanceof DivergedError || error instanceof NetworkTooLargeError;
        return { type: "failed", reason: (error as Error).message, student };
      }
    }
  }

  async #dataOf(job: Job): Promise<TrainingData> {
    const { dataset, dataSeed: seed, validationImages } = job;
    const key = JSON.stringify([dataset, seed, validationImages]);
    if (this.#opened?.key !== key) {
      this.#opened = { key, data: prepareTrainingData(await openDataset(dataset), { seed, validationImages }) };
    }
    return this.#opened.data;
  }

  async #train(job: TrainJob): Promise<Reply> {
    const data = await this.#dataOf(job);
    const engine = await this.engine(job.threads);
    const distiller = createDistiller(job.distiller as DistillerName, job.distillerOptions);
    const trainImages = Math.min(job.trainImages, data.train.length);
    const folder = job.teacherLogits;
    const cache = folder === undefined
      ? undefined
      : new LogitCache(folder, { classes: data.dataset.classNames.length, trainCount: data.train.length });
    const student = await buildStudent(job.architecture, {
      backend: engine,
      batchSize: Math.min(job.batchSize, trainImages),
      seed: job.seed,
      features: distiller.studentFeatures,
    });
    return await disposeAfter(student, async () => {
      let reportedAt = 0;
      const trained = await train(student, {
        ...job,
        data,
        trainImages,
        distiller,
        teacherLogits: cache && ((view) => cache.read(view, trainImages)),
        onStep: (step, steps) => {
          if (performance.now() - reportedAt < 250 && step < steps) return;
          reportedAt = performance.now();
          this.#options.onProgress({ type: "progress", step, steps });
        },
      });
      return await this.#score(job, data, student, trained);
    });
  }

  /** Saves the student's weights and scores it. */
  async #score(job: TrainJob, data: TrainingData, student: Student, trained: TrainResult): Promise<Reply> {
    const { dataset, validation } = data;
    const { steps } = trained;
    const onBatch = () => this.#options.onProgress({ type: "progress", step: steps, steps });
    await writeWhole(job.weights, encodeSafetensors(job.architecture, await student.weights()));
    const predictor = await student.predictor();
    return await disposeAfter(predictor, async () => {
      const accuracy = await evaluate(predictor, data, dataset.train, validation, { onBatch });
      const everyTest = Uint32Array.from({ length: dataset.test.count }, (_, index) => index);
      const testAccuracy = job.test ? await evaluate(predictor, data, dataset.test, everyTest, { onBatch }) : undefined;
      const backend = student.engine.backend;
      return { type: "trained", result: { ...trained, accuracy, testAccuracy, backend } };
    });
  }

  async #computeLogits(job: LogitsJob): Promise<Reply> {
    const data = await this.#dataOf(job);
    const engine = await this.engine();
    const { architecture, weights } = decodeSafetensors(await Deno.readFile(job.teacher), job.teacher);
    const { dataset, train: trainPart } = data;
    const cache = new LogitCache(job.folder, { classes: dataset.classNames.length, trainCount: trainPart.length });
    const { start, end } = cache.range(job.block);
    const predictor = await buildPredictor(architecture, { engine, weights });
    await disposeAfter(predictor, async () => {
      // Heard as a sign of life, whatever the size of the teacher.
      const onBatch = () => this.#options.onProgress({ type: "progress", step: 1, steps: 1 });
      const positions = trainPart.subarray(start, end);
      await cache.write(
        job,
        await predictLogits(predictor, data, dataset.train, positions, { view: job.view, onBatch }),
      );
    });
    return { type: "done" };
  }
}
