// The teacher as reports know it.
import type { RunStore } from "./store/run_store.ts";

const testKey = "teacherTestAccuracies";

/** What a report tells of the teacher; sizes are null where its format does not tell. */
export interface ReportedTeacher {
  name: string;
  accuracy: number;
  /** Null before the end of the run. */
  testAccuracy: number | null;
  parameters: number | null;
  multiplyAdds: number | null;
}

/** The first teacher of the run, as far as it is known; undefined for a method without one, or one that is a table. */
export function reportedTeacher(store: Pick<RunStore, "get">): ReportedTeacher | undefined {
  const teacher = store.get("teacher") as Omit<ReportedTeacher, "testAccuracy"> | undefined;
  if (!teacher) return undefined;
  const { accuracy, multiplyAdds, name, parameters } = teacher;
  const [testAccuracy = null] = (store.get(testKey) ?? []) as (number | null)[];
  return { name, accuracy, testAccuracy, parameters, multiplyAdds };
}

/** Whether the teachers were scored on the test images. */
export function testIsScored(store: Pick<RunStore, "get">): boolean {
  return store.get(testKey) !== undefined;
}

/** Keeps the teachers' accuracies on the test images, in order; null of one that knows the training images alone. */
export function saveTestAccuracies(store: Pick<RunStore, "set">, accuracies: readonly (number | null)[]): void {
  store.set(testKey, accuracies);
}
