// A teacher that is known by its logits on the training images alone.
import type { Teacher, TeacherRequest } from "./teacher.ts";

export interface LogitsTeacherOptions {
  name: string;
  hash: string;
  classes: number;
  /** Views that `read` knows; all where absent. */
  views?: number;
  /** Logits of all positions `[trainImages, classes]` in a view. */
  read: (view: number) => Promise<Float32Array>;
  /** Rows of `read` that belong to a request: by position in the training part, or by index in the dataset. */
  rows?: "positions" | "indices";
}

/** Answers from what was computed before; one view is kept in memory. */
export function logitsTeacher(
  { name, hash, classes, read, rows = "positions", views }: LogitsTeacherOptions,
): Teacher {
  let kept: { view: number; logits: Float32Array } | undefined;
  return {
    name,
    hash,
    taps: { stages: [], outputs: classes },
    gives: ["logits"],
    ...(views !== undefined && { views }),
    async outputs({ features, view, ...request }: TeacherRequest) {
      if (features.length > 0) throw new RangeError(`${name} gives logits only, not ${features.join(", ")}`);
      if (kept?.view !== view) kept = { view, logits: await read(view) };
      const wanted = request[rows];
      const logits = new Float32Array(wanted.length * classes);
      for (const [row, place] of wanted.entries()) {
        if ((place + 1) * classes > kept.logits.length) {
          throw new RangeError(
            `${name} has ${kept.logits.length / classes} rows of logits, not one for image ${place}`,
          );
        }
        logits.set(kept.logits.subarray(place * classes, (place + 1) * classes), row * classes);
      }
      return { logits, features: {} };
    },
    dispose() {
      kept = undefined;
    },
  };
}
