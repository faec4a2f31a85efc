// A teacher whose answers over the training part are computed once, view by view, and kept on disk. A batch then costs
// gathering its rows. Several processes may fill one folder at once, and a kill costs at most a block.
import type { Teacher, TeacherOutput, TeacherRequest } from "./teacher.ts";
import { TeacherStore, type TeacherStoreOptions } from "./teacher_store.ts";

export interface CachedTeacherOptions extends TeacherStoreOptions {
  /** Features asked for together are kept where those of one view fit; 1 GiB by default. Others are computed each time. */
  memoryBytes?: number;
  /** Of a teacher's features on disk, over all views; beyond it they are computed each time. 8 GiB by default. */
  diskBytes?: number;
}

/** What is in memory of one view. */
interface KeptView {
  view: number;
  logits: Float32Array;
  features: Map<string, Float32Array>;
}

/** Gathers rows into memory of its own, which is used again; by name. */
class RowGatherer {
  readonly #rows = new Map<string, Float32Array>();

  gather(name: string, all: Float32Array, { positions, size }: { positions: Uint32Array; size: number }): Float32Array {
    const length = positions.length * size;
    let rows = this.#rows.get(name);
    if (!rows || rows.length < length) this.#rows.set(name, rows = new Float32Array(length));
    for (const [row, position] of positions.entries()) {
      rows.set(all.subarray(position * size, (position + 1) * size), row * size);
    }
    return rows.subarray(0, length);
  }
}

/**
 * `teacher` with its answers kept; owns it. A teacher that only knows a table of logits is given back as it is. Image
 * gradients, and images beyond `trainImages`, are computed each time.
 */
export function cachedTeacher(teacher: Teacher, options: CachedTeacherOptions): Teacher {
  const { predict } = teacher;
  if (!predict) return teacher;
  const { memoryBytes = 2 ** 30, diskBytes = 2 ** 33 } = options;
  const store = new TeacherStore(teacher, options);
  // Memory of their own: a tap may be called anything, `logits` too.
  const [rows, logitRows] = [new RowGatherer(), new RowGatherer()];
  let kept: KeptView | undefined;
  const load = async (view: number, taps: readonly string[]): Promise<KeptView> => {
    if (kept?.view === view && taps.every((tap) => kept?.features.has(tap))) return kept;
    const same = kept?.view === view ? kept : undefined;
    // What is not needed any more makes room first.
    kept = undefined;
    await store.fill(view, taps);
    const features = new Map<string, Float32Array>();
    for (const tap of taps) features.set(tap, same?.features.get(tap) ?? await store.readFeature(tap, view));
    kept = { view, logits: same?.logits ?? await store.readLogits(view), features };
    return kept;
  };

  const verdicts = new Map<string, boolean>();
  /** Whether these features of a view are kept; once answered, it stays so. */
  const keeps = async (view: number, taps: readonly string[]): Promise<boolean> => {
    if (taps.length === 0) return true;
    const key = JSON.stringify([view, taps]);
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const values = taps.reduce((sum, tap) => sum + store.sizeOf(tap), 0) * store.images;
    const bytes = values * Float32Array.BYTES_PER_ELEMENT;
    let verdict = bytes <= memoryBytes;
    if (verdict) {
      const { ofView, all } = await store.storedBytes(view, taps);
      verdict = ofView >= bytes || all - ofView + bytes <= diskBytes;
    }
    verdicts.set(key, verdict);
    return verdict;
  };

  return {
    name: teacher.name,
    hash: teacher.hash,
    taps: teacher.taps,
    gives: teacher.gives,
    ...(teacher.views !== undefined && { views: teacher.views }),
    async outputs(request: TeacherRequest): Promise<TeacherOutput> {
      const { features: taps, imageGradient, positions, view } = request;
      const stored = !imageGradient && positions.every((position) => position < store.images);
      if (!stored || !await keeps(view, taps)) return await teacher.outputs(request);
      const { logits, features } = await load(view, taps);
      const gathered: Record<string, Float32Array> = {};
      for (const tap of taps) {
        gathered[tap] = rows.gather(tap, features.get(tap) as Float32Array, { positions, size: store.sizeOf(tap) });
      }
      return {
        logits: logitRows.gather("", logits, { positions, size: teacher.taps.outputs }),
        features: gathered,
      };
    },
    predict: (images) => predict.call(teacher, images),
    dispose() {
      kept = undefined;
      teacher.dispose();
    },
  };
}
