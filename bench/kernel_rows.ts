// Where a step of ours spends its time: the profile summed by op and direction.
import { rounded } from "./results.ts";
import type { StudentName } from "./students.ts";
import type { KernelTime } from "./trainers/job.ts";

export interface KernelRow {
  student: StudentName;
  kernel: string;
  direction: KernelTime["direction"];
  calls: number;
  msPerStep: number;
  /** Of the whole step, 0 to 1. */
  share: number;
}

/** Rows of `times`, largest first. */
export function kernelRows(student: StudentName, times: readonly KernelTime[]): KernelRow[] {
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  const groups = Object.values(Object.groupBy(times, ({ kernel, direction }) => `${kernel} ${direction}`));
  return groups.flatMap((group = []) => {
    const [{ kernel, direction }] = group;
    const ms = group.reduce((sum, time) => sum + time.ms, 0);
    return [{ student, kernel, direction, calls: group.length, msPerStep: ms, share: ms / total }];
  }).sort((a, b) => b.msPerStep - a.msPerStep)
    .map((row) => ({ ...row, msPerStep: rounded(row.msPerStep), share: rounded(row.share) }));
}
