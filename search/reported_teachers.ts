// The teachers as reports know them.
import { formatPercent } from "../src/cli/format.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import { nameOf } from "../src/teachers/open_options.ts";
import type { RunStore } from "./store/run_store.ts";

const testKey = "teacherTestAccuracies";

/** What a report tells of a teacher; sizes are null where its format does not tell. */
export interface ReportedTeacher {
  name: string;
  /** Of its weights, as hex: teachers of one name may be different ones. */
  hash: string;
  /** On the validation part; null of one that knows the training images alone, and where a run did not keep it. */
  accuracy: number | null;
  /** Null before the end of the run, and of one that knows the training images alone. */
  testAccuracy: number | null;
  parameters: number | null;
  multiplyAdds: number | null;
}

type KeptTeacher = Omit<ReportedTeacher, "testAccuracy">;

/** Keeps what is known of the teachers before the run's end, in order. */
export function saveTeachers(store: Pick<RunStore, "set">, teachers: readonly KeptTeacher[]): void {
  store.set(
    "teachers",
    teachers.map(({ accuracy, hash, multiplyAdds, name, parameters }) => ({
      name,
      hash,
      accuracy,
      parameters,
      multiplyAdds,
    })),
  );
}

/** The teachers of the run, as far as they are known; none for a method without one. */
export function reportedTeachers(store: Pick<RunStore, "get">): ReportedTeacher[] {
  const tested = (store.get(testKey) ?? []) as (number | null)[];
  return keptTeachers(store).map(({ accuracy, hash, multiplyAdds, name, parameters }, index) => ({
    ...{ name, hash, accuracy, parameters, multiplyAdds },
    testAccuracy: tested[index] ?? null,
  }));
}

/** Runs once kept the first teacher alone, and of all that were the user's the hashes, in the order of the options. */
function keptTeachers(store: Pick<RunStore, "get">): KeptTeacher[] {
  const teachers = store.get("teachers") as KeptTeacher[] | undefined;
  if (teachers !== undefined) return teachers;
  const first = store.get("teacher") as Omit<KeptTeacher, "hash"> & { hash?: string } | undefined;
  const hashes = store.get("teacherHashes") as string[] | undefined;
  if (hashes === undefined) return first ? [{ hash: first.name, ...first }] : [];
  const { teacher: files } = store.get("config") as Pick<RunConfig, "teacher">;
  return hashes.map((hash, index) =>
    index === 0 && first
      ? { ...first, hash }
      : { name: nameOf(files[index]), hash, accuracy: null, parameters: null, multiplyAdds: null }
  );
}

/** The teachers in order; those of one name, such as a run trains itself, have their number among them in it. */
export function teachersToldApart<T extends Pick<ReportedTeacher, "name">>(teachers: readonly T[]): T[] {
  return teachers.map((teacher, index) => {
    const isNamesake = ({ name }: T) => name === teacher.name;
    if (teachers.filter(isNamesake).length < 2) return teacher;
    return { ...teacher, name: `${teacher.name} ${teachers.slice(0, index + 1).filter(isNamesake).length}` };
  });
}

/** For instance "residual teacher (92.0 %)" or "2 teachers: residual teacher (92.0 %), a.onnx (90.1 %)". */
export function teachersInWords(teachers: readonly Pick<ReportedTeacher, "accuracy" | "name">[]): string {
  const each = teachersToldApart(teachers).map(({ accuracy, name }) =>
    accuracy === null ? `${name} (not scored)` : `${name} (${formatPercent(accuracy)})`
  );
  const [only] = each;
  return teachers.length > 1 ? `${teachers.length} teachers: ${each.join(", ")}` : only ?? "none";
}

/** Whether the teachers were scored on the test images. */
export function testIsScored(store: Pick<RunStore, "get">): boolean {
  return store.get(testKey) !== undefined;
}

/** Keeps the teachers' accuracies on the test images, in order; null of one that knows the training images alone. */
export function saveTestAccuracies(store: Pick<RunStore, "set">, accuracies: readonly (number | null)[]): void {
  store.set(testKey, accuracies);
}
