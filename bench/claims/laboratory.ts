// The lab with real trainings: it answers from the records of what was trained before. So a run that was killed is repeated up
// to there within seconds, and loses the trainings under way only.
import { openDataset } from "../../src/data/canonical_file.ts";
import type { ImageSet } from "../../src/data/dataset.ts";
import { fileExists } from "../../src/data/file_exists.ts";
import { type DatasetName, prepareDataset } from "../../src/data/table.ts";
import { completeMethodOptions } from "../../src/distill/methods.ts";
import { type Architecture, architectureHash, contentHash } from "../../src/schemas/architecture.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";
import { codeHash } from "../distillation/code.ts";
import { Records } from "../distillation/records.ts";
import { type Job, recordSchema, type Reply, type TrainingRecord } from "./job.ts";
import { BudgetSpentError, type Lab, type TrainingOutcome, type TrainingRequest } from "./lab.ts";
import { validationImages } from "./recipe.ts";
import type { WorkerPool } from "./worker_pool.ts";

export interface LaboratoryOptions {
  folder: string;
  pool: Pick<WorkerPool, "ask">;
  /** Whether a training may begin now. */
  goOn: () => boolean;
  latencyMs: (architecture: Architecture) => number;
  log: (line: string) => void;
}

interface OpenedData {
  file: string;
  contentHash: string;
  io: SpaceOptions;
}

/** Counts up where the meaning of a result changes with none of the things that keys are made from. */
const version = 1;

export class Laboratory implements Lab {
  readonly #options: LaboratoryOptions;
  readonly #records: Records<TrainingRecord>;
  readonly #code = codeHash();
  readonly #data = new Map<DatasetName, Promise<OpenedData>>();
  readonly #underWay = new Map<string, Promise<TrainingRecord>>();
  readonly #wanted = new Set<string>();
  #begun = 0;
  #seconds = 0;

  constructor(options: LaboratoryOptions) {
    this.#options = options;
    Deno.mkdirSync(`${options.folder}/networks`, { recursive: true });
    this.#records = new Records(`${options.folder}/trainings.jsonl`, recordSchema);
  }

  /**
   * Trainings that were asked for and have a result, those of them begun by this process, and the seconds that workers took
   * for these.
   */
  get counts(): { used: number; begun: number; seconds: number } {
    return { used: this.#used().length, begun: this.#begun, seconds: this.#seconds };
  }

  /** Not what the budget broke off or a worker lost. */
  #used(): string[] {
    return [...this.#wanted].filter((key) => this.#records.isDone(key));
  }

  /** How many of the trainings that were asked for were made with which code. */
  codes(): { code: string; trainings: number }[] {
    const counts = new Map<string, number>();
    for (const key of this.#used()) {
      const code = this.#records.get(key)?.code;
      if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    return [...counts].map(([code, trainings]) => ({ code, trainings }));
  }

  train(request: TrainingRequest): Promise<TrainingOutcome> {
    return this.#train(request, 0);
  }

  ranked(rank: number): Lab {
    return {
      train: (request) => this.#train(request, rank),
      io: (dataset) => this.io(dataset),
      testLabels: (dataset) => this.testLabels(dataset),
      latencyMs: (architecture) => this.latencyMs(architecture),
      ranked: (other) => this.ranked(other),
    };
  }

  async io(dataset: DatasetName): Promise<SpaceOptions> {
    return (await this.#open(dataset)).io;
  }

  latencyMs(architecture: Architecture): number {
    return this.#options.latencyMs(architecture);
  }

  async testLabels(dataset: DatasetName): Promise<ImageSet["labels"]> {
    return (await openDataset((await this.#open(dataset)).file)).test.labels;
  }

  #open(name: DatasetName): Promise<OpenedData> {
    const known = this.#data.get(name);
    if (known) return known;
    const opened = (async () => {
      const { folder, log } = this.#options;
      const { dataset, file } = await prepareDataset(name, { cacheDir: `${folder}/cache`, log });
      const { channels, classNames, contentHash, height, width } = dataset;
      return { file, contentHash, io: { height, width, channels, classes: classNames.length } };
    })();
    this.#data.set(name, opened);
    return opened;
  }

  async #train(request: TrainingRequest, rank: number): Promise<TrainingOutcome> {
    const { key, record } = await this.#record(request, rank);
    if (record.type === "failed") return { diverged: record.reason };
    const { accuracy, testAccuracy, verification } = record;
    return { accuracy, testAccuracy, verification, ...(request.test && { logits: this.#files(key).logits }) };
  }

  #files(key: string): { weights: string; logits: string } {
    const stem = `${this.#options.folder}/networks/${key}`;
    return { weights: `${stem}.safetensors`, logits: `${stem}.logits` };
  }

  async #keyOf(request: TrainingRequest): Promise<string> {
    const { architecture, dataset, method, numbers, options = {}, seed, startFrom, teachers, test, variant } = request;
    return contentHash({
      version,
      data: (await this.#open(dataset)).contentHash,
      variant,
      validationImages,
      architecture: architectureHash(architecture),
      seed,
      numbers,
      method,
      options: completeMethodOptions(method, options),
      teachers: await Promise.all(teachers.map((teacher) => this.#keyOf(teacher))),
      startFrom: startFrom ? await this.#keyOf(startFrom) : null,
      test,
    }).slice(0, 24);
  }

  async #record(
    request: TrainingRequest,
    rank: number,
  ): Promise<{ key: string; record: TrainingRecord }> {
    const key = await this.#keyOf(request);
    this.#wanted.add(key);
    const files = this.#files(key);
    const known = this.#records.get(key);
    const { keepWeights = false } = request;
    const wanted = [...(keepWeights ? [files.weights] : []), ...(request.test ? [files.logits] : [])];
    if (known && this.#records.isDone(key) && (known.type === "failed" || wanted.every(fileExists))) {
      return { key, record: known };
    }
    const place = keepWeights ? `${key} with weights` : key;
    let training = this.#underWay.get(place);
    if (!training) {
      training = this.#begin(request, rank, { key, weights: keepWeights ? files.weights : undefined });
      this.#underWay.set(place, training);
      // Whoever asked hears of a failure; the next one may try again.
      training.catch(() => {}).finally(() => this.#underWay.delete(place));
    }
    return { key, record: await training };
  }

  async #weightsOf(request: TrainingRequest, rank: number): Promise<string> {
    const { key, record } = await this.#record({ ...request, keepWeights: true }, rank);
    if (record.type === "failed") throw new Error(`a network to learn from was not trained: ${record.reason}`);
    return this.#files(key).weights;
  }

  async #begin(
    request: TrainingRequest,
    rank: number,
    { key, weights }: { key: string; weights?: string },
  ): Promise<TrainingRecord> {
    const { architecture, dataset, method, numbers, options = {}, seed, startFrom, test, variant } = request;
    const { folder, goOn, log, pool } = this.#options;
    const teachers = await Promise.all(request.teachers.map((teacher) => this.#weightsOf(teacher, rank)));
    const start = startFrom && await this.#weightsOf(startFrom, rank);
    if (!goOn()) throw new BudgetSpentError();
    const job: Job = {
      type: "train",
      dataset: (await this.#open(dataset)).file,
      variant,
      validationImages,
      architecture,
      seed,
      ...numbers,
      method,
      options,
      teachers,
      ...(start !== undefined && { startFrom: start }),
      test,
      ...(weights !== undefined && { weights }),
      ...(test && { logits: this.#files(key).logits }),
      cacheDir: `${folder}/cache`,
    };
    const reply: Reply | null = await pool.ask(job, rank);
    if (reply === null) throw new BudgetSpentError();
    if (reply.type === "ready") throw new Error('a training was answered with "ready"');
    if (reply.type === "failed" && !reply.own) throw new Error(reply.reason);
    const record = { key, code: this.#code, ...reply };
    this.#records.add(record);
    this.#begun++;
    if (reply.type === "trained") {
      this.#seconds += reply.seconds;
      if (test || weights !== undefined) {
        const score = reply.testAccuracy ?? reply.accuracy;
        log(`trained ${method} ${key.slice(0, 8)}: ${(100 * score).toFixed(2)} % in ${reply.seconds.toFixed(1)} s`);
      }
    }
    return record;
  }
}
