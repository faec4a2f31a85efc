// What a trainer does with a job: the engine is kept from job to job, and replaced where it is lost.
import { openDataset } from "../../src/data/canonical_file.ts";
import { LogitCache } from "../../src/data/logit_cache.ts";
import { isStorageFault } from "../../src/data/storage_fault.ts";
import { prepareTrainingData, type TrainingData } from "../../src/data/training_data.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import { isMisfit } from "../../src/distill/amid_training.ts";
import { teacherTestAccuracy, validationAccuracy } from "../../src/distill/validation_accuracy.ts";
import { DeviceLostError, type Engine, NetworkTooLargeError } from "../../src/engine/network.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { inheritWeights } from "../../src/models/inherit.ts";
import type { ProcedureResult } from "../../src/procedures/procedure.ts";
import { createMethod } from "../../src/procedures/table.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { cachedTeacher } from "../../src/teachers/cached_teacher.ts";
import { logitsTeacher } from "../../src/teachers/logits_teacher.ts";
import type { Teacher } from "../../src/teachers/teacher.ts";
import { disposeAfter } from "../../src/training/dispose_after.ts";
import { evaluate, predictLogits } from "../../src/training/evaluate.ts";
import { buildPredictor } from "../../src/training/predictor.ts";
import { DivergedError } from "../../src/training/train_steps.ts";
import { openAll } from "./open_all.ts";
import type { Job, LogitsJob, Reply, TeachersJob, TrainJob } from "./job.ts";

/** Features of a teacher that a trainer keeps in memory; of many trainers each has its own. */
const keptFeatureBytes = 2 ** 28;

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
  #taught: { key: string; teachers: Teacher[] } | undefined;
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
    this.#dropTeachers();
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
        switch (job.kind) {
          case "train":
            return await this.#train(job);
          case "logits":
            return await this.#computeLogits(job);
          default:
            return await this.#openTeachers(job);
        }
      } catch (error) {
        if (error instanceof DeviceLostError) {
          this.#dropLostEngine();
          if (triesLeft > 0) continue;
        }
        const student = error instanceof DivergedError || error instanceof NetworkTooLargeError;
        const storage = isStorageFault(error);
        return {
          type: "failed",
          reason: (error as Error).message,
          student,
          ...(storage && { storage }),
          ...(job.kind === "teachers" && !storage && isMisfit(error) && { teacher: true }),
        };
      }
    }
  }

  async #dataOf(job: Job): Promise<TrainingData> {
    const { dataset, dataSeed: seed, validationImages } = job;
    const key = JSON.stringify([dataset, seed, validationImages]);
    if (this.#opened?.key !== key) {
      this.#dropTeachers();
      this.#opened = { key, data: prepareTrainingData(await openDataset(dataset), { seed, validationImages }) };
    }
    return this.#opened.data;
  }

  async #train(job: TrainJob): Promise<Reply> {
    const data = await this.#dataOf(job);
    const engine = await this.engine(job.threads);
    const method = createMethod(job.distiller, job.distillerOptions);
    const teachers = await this.#teachersOf(job, data, engine);
    let reportedAt = 0;
    const { architecture, batchSize, cacheDir, epochs, freshSince, peakLearningRate, seed, startFrom, views } = job;
    const start = startFrom === undefined
      ? undefined
      : inheritWeights(decodeSafetensors(await Deno.readFile(startFrom), startFrom), architecture, seed);
    const result = await method.run({
      architecture,
      trainImages: job.trainImages,
      epochs,
      batchSize,
      views,
      seed,
      peakLearningRate,
      cacheDir,
      freshSince,
      engine,
      data,
      teachers,
      startWeights: start?.weights,
      onStep: (step, steps) => {
        if (performance.now() - reportedAt < 250 && step < steps) return;
        reportedAt = performance.now();
        this.#options.onProgress({ type: "progress", step, steps });
      },
    });
    if (architectureHash(result.architecture) !== architectureHash(job.architecture)) {
      throw new Error(`${method.name} changes the network, but a search times and keeps the one that was proposed`);
    }
    const reply = await this.#score(job, data, engine, result);
    return start ? { ...reply, result: { ...reply.result, inherited: start.inherited } } : reply;
  }

  /** The teachers of a training; they and what they keep in memory stay for the next job. */
  async #teachersOf(job: TrainJob, data: TrainingData, engine: Engine): Promise<Teacher[]> {
    const { batchSize, cacheDir, freshSince, teacherLogits, teaching } = job;
    const trainImages = Math.min(job.trainImages, data.train.length);
    const classes = data.dataset.classNames.length;
    if (teacherLogits !== undefined) {
      const cache = new LogitCache(teacherLogits, { classes, trainCount: data.train.length });
      const read = (view: number) => cache.read(view, trainImages);
      return [logitsTeacher({ name: "teacher", hash: teacherLogits, classes, read })];
    }
    if (!teaching) return [];
    const key = JSON.stringify([teaching, trainImages, batchSize, cacheDir]);
    if (this.#taught?.key === key) return this.#taught.teachers;
    this.#dropTeachers();
    const teachers = await openAll(teaching, { data, engine, batchSize: Math.min(batchSize, trainImages) });
    this.#taught = { key, teachers };
    if (cacheDir === undefined) return teachers;
    for (const [index, teacher] of teachers.entries()) {
      teachers[index] = cachedTeacher(teacher, {
        data,
        cacheDir,
        trainImages,
        batchSize: Math.min(batchSize, trainImages),
        memoryBytes: keptFeatureBytes,
        ...(freshSince !== undefined && { freshSince }),
        // Heard as a sign of life, however long the teacher takes.
        onProgress: () => this.#options.onProgress({ type: "progress", step: 0, steps: 1 }),
      });
    }
    return teachers;
  }

  #dropTeachers(): void {
    const taught = this.#taught;
    this.#taught = undefined;
    for (const teacher of taught?.teachers ?? []) teacher.dispose();
  }

  /** Opens the user's teachers once, so that what is wrong with them is told before anything is trained. */
  async #openTeachers(job: TeachersJob): Promise<Reply> {
    const data = await this.#dataOf(job);
    const engine = await this.engine();
    const teachers = await openAll(job, { data, engine, batchSize: job.batchSize });
    const group = { dispose: () => teachers.forEach((teacher) => teacher.dispose()) };
    return await disposeAfter(group, async () => {
      const opened = [];
      for (const teacher of teachers) {
        const { gives, hash, name, views } = teacher;
        const onBatch = () => this.#options.onProgress({ type: "progress", step: 0, steps: 1 });
        const accuracy = await validationAccuracy(teacher, data, onBatch);
        const testAccuracy = job.test ? await teacherTestAccuracy(teacher, data, onBatch) : undefined;
        opened.push({
          ...{ name, hash, gives: [...gives], views },
          ...(accuracy !== undefined && { accuracy }),
          ...(testAccuracy !== undefined && { testAccuracy }),
        });
      }
      return { type: "opened", teachers: opened };
    });
  }

  /** Saves the student's weights and scores it. */
  async #score(job: TrainJob, data: TrainingData, engine: Engine, trained: ProcedureResult) {
    const { dataset, validation } = data;
    const { architecture, loss, seconds, steps, weights } = trained;
    const onBatch = () => this.#options.onProgress({ type: "progress", step: steps, steps });
    await writeWhole(job.weights, encodeSafetensors(job.architecture, weights));
    const predictor = await buildPredictor(architecture, { engine, weights });
    return await disposeAfter(predictor, async () => {
      const accuracy = await evaluate(predictor, data, dataset.train, validation, { onBatch });
      const everyTest = Uint32Array.from({ length: dataset.test.count }, (_, index) => index);
      const testAccuracy = job.test ? await evaluate(predictor, data, dataset.test, everyTest, { onBatch }) : undefined;
      return {
        type: "trained" as const,
        result: { steps, seconds, loss, accuracy, testAccuracy, backend: engine.backend },
      };
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
