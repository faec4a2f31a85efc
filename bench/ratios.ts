// How much faster we train than PyTorch: one number per student, and their mean.
import { mobileStudents, type StudentName } from "./students.ts";

/** What of a row counts. */
export interface Timed {
  student: StudentName;
  side: "ours" | "pytorch" | "other";
  device: "cpu" | "gpu";
  msPerStep: number | null;
}

/** Ratios are PyTorch's time by ours, each by its fastest form; null where one side was not timed. */
export interface Ratios {
  /** Geometric mean over the mobile students. */
  ratio: number | null;
  /** The least of the mobile students'. */
  worst: number | null;
  resnet20: number | null;
  students: Partial<Record<StudentName, number | null>>;
}

/** The geometric mean. RangeError of no values, or of one that is not positive. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0 || !values.every((value) => value > 0)) {
    throw new RangeError(`a geometric mean takes positive values, got [${values.join(", ")}]`);
  }
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function fastest(rows: readonly Timed[], side: Timed["side"]): number | null {
  const times = rows.flatMap((row) => row.side === side && row.msPerStep !== null ? [row.msPerStep] : []);
  return times.length > 0 ? Math.min(...times) : null;
}

/** Ratios of the rows on `device`. */
export function ratiosOf(rows: readonly Timed[], device: Timed["device"]): Ratios {
  const onDevice = rows.filter((row) => row.device === device);
  const students: Ratios["students"] = {};
  for (const student of new Set(onDevice.map(({ student }) => student))) {
    const own = onDevice.filter((row) => row.student === student);
    const [ours, theirs] = [fastest(own, "ours"), fastest(own, "pytorch")];
    students[student] = ours === null || theirs === null ? null : theirs / ours;
  }
  const mobile = mobileStudents.map((name) => students[name] ?? null);
  const complete = mobile.every((value) => value !== null);
  return {
    ratio: complete ? geometricMean(mobile) : null,
    worst: complete ? Math.min(...mobile) : null,
    resnet20: students.resnet20 ?? null,
    students,
  };
}
