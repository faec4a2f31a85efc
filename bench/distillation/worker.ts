// A worker of the comparison: a job at a time, in one thread, so that two of them share two cores fairly and results do not
// depend on the number of cores.
import { openDataset } from "../../src/data/canonical_file.ts";
import { prepareTrainingData, type TrainingData } from "../../src/data/training_data.ts";
import { writeWhole } from "../../src/data/write_whole.ts";
import { createDistiller } from "../../src/distillation/table.ts";
import type { Engine, Weights } from "../../src/engine/network.ts";
import { startEngine } from "../../src/engine/start_engine.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { createMethod } from "../../src/procedures/table.ts";
import type { ProcedureContext, ProcedureResult } from "../../src/procedures/procedure.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { cachedTeacher } from "../../src/teachers/cached_teacher.ts";
import { networkTeacher } from "../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../src/teachers/teacher.ts";
import { disposeAfter } from "../../src/training/dispose_after.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { buildPredictor } from "../../src/training/predictor.ts";
import { train } from "../../src/training/train.ts";
import { type Job, jobSchema, type MethodJob, type Reply } from "./job.ts";
import { teacherNetwork, timedStudents } from "./networks.ts";
import { serveJobs } from "./serve.ts";
import { meanStepMs } from "./step_times.ts";

/** Serves one job after the other; keeps the dataset and the teachers of the last ones. */
export class Worker {
  readonly #engine: Engine;
  #opened: { key: string; data: TrainingData } | undefined;
  /** By weights file and dataset: what they said once is kept. */
  readonly #teachers = new Map<string, Teacher>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async run(job: Job): Promise<Reply> {
    const data = await this.#dataOf(job);
    const io = { ...data.dataset, classes: data.dataset.classNames.length };
    if (job.type === "teacher") {
      const architecture = teacherNetwork(io);
      const { weights: file, ...numbers } = job;
      const trained = await train(architecture, {
        ...numbers,
        engine: this.#engine,
        data,
        distiller: createDistiller("none"),
        trainImages: job.teacherTrainImages,
        epochs: job.teacherEpochs,
      });
      await writeWhole(file, encodeSafetensors(architecture, trained.weights));
      return await this.#score(data, { architecture, details: {}, ...trained });
    }
    const architecture = timedStudents[job.pair as keyof typeof timedStudents](io);
    if (job.type === "train") return await this.#score(data, await this.#train(job, data, architecture));
    forgetPeak();
    const times: number[] = [];
    const epochs = 1;
    const trainImages = job.steps * job.batchSize;
    await this.#train(job, data, architecture, { trainImages, epochs, onStep: () => times.push(performance.now()) });
    return { type: "timed", msPerStep: meanStepMs(times) };
  }

  async #train(
    job: MethodJob,
    data: TrainingData,
    architecture: Architecture,
    other: Partial<Pick<ProcedureContext, "trainImages" | "epochs" | "onStep">> = {},
  ): Promise<ProcedureResult> {
    const teachers = [];
    for (const file of job.teachers) teachers.push(await this.#teacher(file, job, data));
    const method = createMethod(job.method, job.options);
    return await method.run({
      ...job,
      architecture,
      engine: this.#engine,
      data,
      teachers,
      cacheDir: job.folder,
      ...other,
    });
  }

  async #dataOf({ dataset, validationImages }: Job): Promise<TrainingData> {
    const key = JSON.stringify([dataset, validationImages]);
    if (this.#opened?.key !== key) {
      for (const teacher of this.#teachers.values()) teacher.dispose();
      this.#teachers.clear();
      this.#opened = { key, data: prepareTrainingData(await openDataset(dataset), { seed: 0, validationImages }) };
    }
    return this.#opened.data;
  }

  async #teacher(file: string, { batchSize, folder, trainImages }: MethodJob, data: TrainingData): Promise<Teacher> {
    const key = JSON.stringify([file, batchSize, trainImages]);
    const known = this.#teachers.get(key);
    if (known) return known;
    const { architecture, weights } = decodeSafetensors(await Deno.readFile(file), file);
    const name = file.slice(file.lastIndexOf("/") + 1);
    const teacher = networkTeacher({ name, architecture, weights, engine: this.#engine, batchSize });
    // All images of the recipe where a few steps are timed, too: the first training fills what the others read.
    const cached = await cachedTeacher(teacher, { data, cacheDir: folder, trainImages, batchSize });
    this.#teachers.set(key, cached);
    return cached;
  }

  async #score(
    data: TrainingData,
    { architecture, details, loss, seconds, steps, weights }: ProcedureResult & { weights: Weights },
  ): Promise<Reply> {
    const predictor = await buildPredictor(architecture, { engine: this.#engine, weights });
    const { test } = data.dataset;
    const everyTest = Uint32Array.from({ length: test.count }, (_, index) => index);
    const testAccuracy = await disposeAfter(predictor, () => evaluate(predictor, data, test, everyTest));
    return { type: "trained", testAccuracy, loss, steps, seconds, details };
  }
}

/** Lets the most memory that was resident count from now on, so that the reading of the data does not hide a step's. */
function forgetPeak(): void {
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch (error) {
    // Another system, or one that forbids it: the peak then counts from the start, for all methods alike.
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

if (import.meta.main) {
  await serveJobs(async () => {
    const { engine } = await startEngine("wasm");
    const worker = new Worker(engine);
    return (job) => worker.run(jobSchema.parse(job));
  });
}
