// A teacher's features on disk: one file per tap, view and block of training positions. Blocks are smaller than those of
// logits (src/data/logit_cache.ts), for a row may be a thousand times as long.
import { writeWhole } from "../data/write_whole.ts";

/** Training positions per file; the blocks of logits are a multiple of it. */
export const featureBlock = 256;

/** Features of one teacher over one training part. */
export class FeatureCache {
  readonly folder: string;

  /** `folder` belongs to this teacher, data, split and augmentation alone. */
  constructor(folder: string) {
    this.folder = folder;
  }

  #path(tap: string, view: number, block: number): string {
    return `${this.folder}/${encodeURIComponent(tap)}-view${view}-block${block}.f32`;
  }

  /** Whether the block is there, `rows` of `size` values, and not from before `freshSince`, milliseconds since 1970. */
  async has(
    tap: string,
    { view, block, rows, size, freshSince = -Infinity }: {
      view: number;
      block: number;
      rows: number;
      size: number;
      freshSince?: number;
    },
  ): Promise<boolean> {
    try {
      const { mtime, size: bytes } = await Deno.stat(this.#path(tap, view, block));
      return bytes === rows * size * Float32Array.BYTES_PER_ELEMENT && Number(mtime) >= freshSince;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Stores a block; whole or not at all. */
  async write(tap: string, { view, block }: { view: number; block: number }, values: Float32Array): Promise<void> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await writeWhole(this.#path(tap, view, block), bytes);
  }

  /** Reads the beginning of a block into `out`. Error where the file is too short. */
  async read(tap: string, { view, block }: { view: number; block: number }, out: Float32Array): Promise<void> {
    const path = this.#path(tap, view, block);
    using file = await Deno.open(path);
    const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
    for (let filled = 0; filled < bytes.length;) {
      const count = await file.read(bytes.subarray(filled));
      if (count === null) throw new Error(`${path}: damaged features, delete the file`);
      filled += count;
    }
  }

  /** Bytes of all that is stored. */
  async bytes(): Promise<number> {
    let sum = 0;
    try {
      for await (const { name } of Deno.readDir(this.folder)) {
        // A file of another process may be gone meanwhile.
        if (name.endsWith(".f32")) sum += await Deno.stat(`${this.folder}/${name}`).then(({ size }) => size, () => 0);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return sum;
  }
}
