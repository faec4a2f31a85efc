// What a teacher says of the images of a training part, on disk: computed where it is missing, block by block.
import { viewsVersion } from "../data/augmentation.ts";
import { BatchReader } from "../data/batch_reader.ts";
import { logitBlock, LogitCache } from "../data/logit_cache.ts";
import type { TrainingData } from "../data/training_data.ts";
import { contentHash } from "../schemas/architecture.ts";
import { featureBlock, FeatureCache } from "./feature_cache.ts";
import type { Teacher, TeacherOutput } from "./teacher.ts";

export interface TeacherStoreOptions {
  data: TrainingData;
  /** Folder of all caches; a teacher's own is below it. */
  cacheDir: string;
  /** Only the first so many positions of the training part are asked for. */
  trainImages: number;
  /** Images per request to the teacher. */
  batchSize: number;
  /**
   * What is stored from before this time, in milliseconds since 1970, is computed anew once it is asked for, and replaced
   * block by block and whole: others may read meanwhile, and processes that are told the same time share the work.
   */
  freshSince?: number;
  /** Told of each block that was computed, out of those of the view that were missing; never where all is there. */
  onProgress?: (done: number, total: number, view: number) => void;
  signal?: AbortSignal;
}

/** The folder below `cacheDir` of what `teacher` says of the training part of `data`; equal to that of searches. */
export function teacherCacheFolder(cacheDir: string, teacher: Pick<Teacher, "hash">, data: TrainingData): string {
  const { contentHash: dataset, augmentation } = data.dataset;
  const of = { teacher: teacher.hash, dataset, augmentation, viewsVersion, dataSeed: data.seed };
  return `${cacheDir}/logits/${contentHash({ ...of, validationImages: data.validation.length }).slice(0, 16)}`;
}

/** Values per image of each tap, `tap:before` included. */
function tapSizes({ taps: { stages, embedding } }: Teacher): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, shape: [height, width, channels], before } of stages) {
    sizes.set(name, height * width * channels);
    if (before) sizes.set(`${name}:before`, height * width * channels);
  }
  if (embedding) sizes.set(embedding.name, embedding.channels);
  return sizes;
}

/** What is not there of a block of logits. */
interface MissingBlock {
  logits: boolean;
  /** Taps by block of features. */
  features: Map<number, string[]>;
}

/** Logits are stored for whole blocks of the training part, features for as many images as are asked for. */
export class TeacherStore {
  readonly folder: string;
  /** Images that can be asked for. */
  readonly images: number;
  readonly #teacher: Teacher;
  readonly #options: TeacherStoreOptions;
  readonly #sizes: Map<string, number>;
  readonly #logits: LogitCache;
  readonly #features: FeatureCache;
  readonly #reader: BatchReader;
  /** Files that were written here. */
  readonly #written = new Set<string>();

  constructor(teacher: Teacher, options: TeacherStoreOptions) {
    const { data, cacheDir, batchSize } = options;
    const trainCount = data.train.length;
    this.folder = teacherCacheFolder(cacheDir, teacher, data);
    this.images = Math.min(options.trainImages, trainCount);
    this.#teacher = teacher;
    this.#options = options;
    this.#sizes = tapSizes(teacher);
    this.#logits = new LogitCache(this.folder, { classes: teacher.taps.outputs, trainCount });
    this.#features = new FeatureCache(`${this.folder}/features`);
    this.#reader = new BatchReader(data, Math.min(batchSize, featureBlock));
  }

  /** Values of a tap per image; RangeError where the teacher has none of that name. */
  sizeOf(tap: string): number {
    const size = this.#sizes.get(tap);
    if (size !== undefined) return size;
    throw new RangeError(
      `${this.#teacher.name} has no feature ${tap}; it has ${[...this.#sizes.keys()].join(", ") || "none"}`,
    );
  }

  /** Rows of a block of features. */
  #rows(block: number): number {
    return Math.min(this.#options.data.train.length - block * featureBlock, featureBlock);
  }

  /** The time before which `key` counts as absent. What was written here is new, however coarse the clock of files. */
  #freshSince(key: string): number | undefined {
    return this.#written.has(key) ? undefined : this.#options.freshSince;
  }

  async #has(tap: string, place: { view: number; block: number; freshSince?: number }): Promise<boolean> {
    return await this.#features.has(tap, { ...place, rows: this.#rows(place.block), size: this.sizeOf(tap) });
  }

  /** Bytes that features of a view take: those that are there, and those of all features of the teacher. */
  async storedBytes(view: number, taps: readonly string[]): Promise<{ ofView: number; all: number }> {
    let ofView = 0;
    for (const tap of taps) {
      for (let block = 0; block * featureBlock < this.images; block++) {
        if (await this.#has(tap, { view, block })) {
          ofView += this.#rows(block) * this.sizeOf(tap) * Float32Array.BYTES_PER_ELEMENT;
        }
      }
    }
    return { ofView, all: await this.#features.bytes() };
  }

  /** What of a block of logits is to be computed: the logits, and features of the same images by their own blocks. */
  async #missing(block: number, view: number, taps: readonly string[]): Promise<MissingBlock | undefined> {
    const { start, end } = this.#logits.range(block);
    const logits = this.#logits.missing(view + 1, end, this.#freshSince(`${view} ${block}`))
      .some((one) => one.view === view && one.block === block);
    const features = new Map<number, string[]>();
    for (let inner = start / featureBlock; inner * featureBlock < Math.min(end, this.images); inner++) {
      const missing = [];
      for (const tap of taps) {
        const freshSince = this.#freshSince(`${view} ${inner} ${tap}`);
        if (!await this.#has(tap, { view, block: inner, freshSince })) missing.push(tap);
      }
      if (missing.length > 0) features.set(inner, missing);
    }
    return logits || features.size > 0 ? { logits, features } : undefined;
  }

  /** Computes what is not there yet of a view. */
  async fill(view: number, taps: readonly string[]): Promise<void> {
    const blocks = Math.ceil(this.images / logitBlock);
    const missing: number[] = [];
    for (let block = 0; block < blocks; block++) if (await this.#missing(block, view, taps)) missing.push(block);
    // Processes that begin together begin at different places.
    const first = missing.length > 0 ? Deno.pid % missing.length : 0;
    let done = 0;
    for (const block of [...missing.slice(first), ...missing.slice(0, first)]) {
      if (await this.#fillBlock(block, view, taps)) this.#options.onProgress?.(++done, missing.length, view);
    }
  }

  /** A block of logits, and the features of the same images; whether anything was missing. */
  async #fillBlock(block: number, view: number, taps: readonly string[]): Promise<boolean> {
    // Asked for anew: another process may have written it meanwhile.
    const missing = await this.#missing(block, view, taps);
    if (!missing) return false;
    const classes = this.#teacher.taps.outputs;
    const { start, end } = this.#logits.range(block);
    const logits = new Float32Array((end - start) * classes);
    for (let place = start; place < end; place += featureBlock) {
      const inner = place / featureBlock;
      const wanted = missing.features.get(inner) ?? [];
      if (!missing.logits && wanted.length === 0) continue;
      const answer = await this.#compute(inner, view, wanted);
      logits.set(answer.logits, (place - start) * classes);
      for (const tap of wanted) {
        await this.#features.write(tap, { view, block: inner }, answer.features[tap]);
        this.#written.add(`${view} ${inner} ${tap}`);
      }
    }
    if (missing.logits) {
      await this.#logits.write({ view, block }, logits);
      this.#written.add(`${view} ${block}`);
    }
    return true;
  }

  /** The teacher's answers to the images of a block of features. */
  async #compute(block: number, view: number, taps: readonly string[]): Promise<TeacherOutput> {
    const { batchSize, data, signal } = this.#options;
    const classes = this.#teacher.taps.outputs;
    const rows = this.#rows(block);
    const logits = new Float32Array(rows * classes);
    const features: Record<string, Float32Array> = {};
    for (const tap of taps) features[tap] = new Float32Array(rows * this.sizeOf(tap));
    const atOnce = Math.min(batchSize, featureBlock);
    for (let start = 0; start < rows; start += atOnce) {
      signal?.throwIfAborted();
      const count = Math.min(atOnce, rows - start);
      const positions = Uint32Array.from({ length: count }, (_, row) => block * featureBlock + start + row);
      const indices = positions.map((position) => data.train[position]);
      const batch = this.#reader.read(data.dataset.train, indices, view);
      const answer = await this.#teacher.outputs({ ...batch, positions, indices, view, features: taps });
      logits.set(answer.logits, start * classes);
      for (const tap of taps) features[tap].set(answer.features[tap], start * this.sizeOf(tap));
    }
    return { logits, features };
  }

  /** Logits `[images, classes]` of a view that is filled. */
  async readLogits(view: number): Promise<Float32Array> {
    return await this.#logits.read(view, this.images);
  }

  /** A feature `[images, ...]` of a view that is filled with it. */
  async readFeature(tap: string, view: number): Promise<Float32Array> {
    const size = this.sizeOf(tap);
    const values = new Float32Array(this.images * size);
    for (let block = 0; block * featureBlock < this.images; block++) {
      const out = values.subarray(block * featureBlock * size, (block + 1) * featureBlock * size);
      await this.#features.read(tap, { view, block }, out);
    }
    return values;
  }
}
