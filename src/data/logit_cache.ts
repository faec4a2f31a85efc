// The teacher's logits on disk: one file per view and block of training positions, so that only what is used is computed,
// several processes can compute at once, and a kill costs one block.
import { writeWhole } from "./write_whole.ts";

/** Training positions per file. */
export const logitBlock = 2048;

/** Places in the cache that are not there yet. */
export interface LogitBlock {
  view: number;
  block: number;
}

/** Logits of one teacher over the seeded views of one training part. */
export class LogitCache {
  readonly folder: string;
  readonly #classes: number;
  readonly #trainCount: number;

  /** `folder` belongs to this teacher, data, split and augmentation alone; `trainCount` is the size of the training part. */
  constructor(folder: string, options: { classes: number; trainCount: number }) {
    this.folder = folder;
    this.#classes = options.classes;
    this.#trainCount = options.trainCount;
  }

  #path({ view, block }: LogitBlock): string {
    return `${this.folder}/view${view}-block${block}.f32`;
  }

  /** Training positions `[start, end)` of a block. */
  range(block: number): { start: number; end: number } {
    return { start: block * logitBlock, end: Math.min(this.#trainCount, (block + 1) * logitBlock) };
  }

  #bytes(block: number): number {
    const { start, end } = this.range(block);
    return (end - start) * this.#classes * Float32Array.BYTES_PER_ELEMENT;
  }

  /**
   * Blocks that the first `images` positions of the first `views` views still need; those from before `freshSince`, in
   * milliseconds since 1970, count as absent.
   */
  missing(views: number, images: number, freshSince = -Infinity): LogitBlock[] {
    const blocks = Math.ceil(Math.min(images, this.#trainCount) / logitBlock);
    return Array.from({ length: views * blocks }, (_, index) => ({
      view: Math.floor(index / blocks),
      block: index % blocks,
    })).filter((place) => {
      try {
        const { mtime, size } = Deno.statSync(this.#path(place));
        return size !== this.#bytes(place.block) || Number(mtime) < freshSince;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return true;
        throw error;
      }
    });
  }

  /** Stores the logits `[end - start, classes]` of a block; whole or not at all. */
  async write(place: LogitBlock, logits: Float32Array): Promise<void> {
    if (logits.byteLength !== this.#bytes(place.block)) {
      throw new RangeError(`block ${place.block} has ${this.#bytes(place.block)} bytes, got ${logits.byteLength}`);
    }
    await writeWhole(this.#path(place), new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
  }

  /** Logits `[images, classes]` of the first `images` positions in `view`. Throws where a block is missing. */
  async read(view: number, images: number): Promise<Float32Array> {
    const logits = new Float32Array(images * this.#classes);
    for (let block = 0; block * logitBlock < images; block++) {
      const path = this.#path({ view, block });
      const bytes = await Deno.readFile(path);
      if (bytes.byteLength !== this.#bytes(block)) throw new Error(`${path}: damaged logits, delete the file`);
      const start = block * logitBlock * this.#classes;
      logits.set(new Float32Array(bytes.buffer).subarray(0, logits.length - start), start);
    }
    return logits;
  }
}
