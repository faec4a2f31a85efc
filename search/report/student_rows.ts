// The rows of the final table, the same on the page and in the terminal.
import type { FinalStudent, Trial } from "../../src/schemas/trial.ts";
import { brokenReportLimit } from "./broken_limit.ts";
import { latencyInterval, measurementOn } from "../latency/measurement_on.ts";
import { type ReportedTeacher, teachersToldApart } from "../reported_teachers.ts";
import { bestTrials, type CompletedTrial } from "../result.ts";
import { studentPoints, trialName } from "./student_points.ts";
import type { ReportData } from "./report_data.ts";

/** The latency of one row on one device. */
export interface RowLatency {
  latencyMs: number;
  /** 95 % interval. */
  interval: readonly [lowMs: number, highMs: number];
}

/** One line of the final table; null: not known or not applicable. */
export interface StudentRow {
  kind: "student" | "baseline" | "teacher";
  name: string;
  trial: Trial | null;
  onFront: boolean;
  /** Has the highest reward of the search. */
  best: boolean;
  /** Why it breaks a limit of the run, as a baseline may; null where it keeps them. */
  brokenLimit: string | null;
  /** Validation accuracy of the search's short training. */
  accuracy: number | null;
  /** Validation and test accuracy after the longer training; for a teacher its test accuracy. */
  finalAccuracy: number | null;
  testAccuracy: number | null;
  /** One per device of the run, in its order. */
  latencies: readonly (RowLatency | null)[];
  reward: number | null;
  parameters: number | null;
  multiplyAdds: number | null;
}

/** The search trial with the highest reward; null where none is complete. */
export function bestTrial(trials: readonly Trial[]): CompletedTrial | null {
  return bestTrials(trials.filter(({ role }) => role === "search"), 1)[0] ?? null;
}

/** The final result of `trial`, where it was trained longer. */
export function finalOf(final: readonly FinalStudent[], trial: Trial): FinalStudent | null {
  return final.find((student) => student.trial === trial.number && student.role === trial.role) ?? null;
}

function rowLatency(trial: Trial, deviceName: string): RowLatency | null {
  const measurement = measurementOn(trial, deviceName);
  return measurement && { latencyMs: measurement.latencyMs, interval: latencyInterval(measurement) };
}

/** Front, best and finally trained students with all baselines, fastest first; the teachers last. */
export function studentRows(data: ReportData): StudentRow[] {
  const staying = data.devices.filter(({ left }) => left === null);
  const fronts = staying.flatMap(({ name }) => studentPoints(data, name).filter(({ onFront }) => onFront));
  const frontTrials = new Set(fronts.map(({ trial }) => trial));
  const best = bestTrial(data.trials);
  const rows: StudentRow[] = [];
  for (const trial of data.trials) {
    if (trial.state !== "completed") continue;
    const final = finalOf(data.final, trial);
    const onFront = frontTrials.has(trial);
    if (trial.role === "search" && !onFront && trial !== best && final === null) continue;
    rows.push({
      kind: trial.role === "baseline" ? "baseline" : "student",
      name: trialName(trial),
      trial,
      onFront,
      best: trial === best,
      brokenLimit: brokenReportLimit(data, trial) ?? null,
      accuracy: trial.accuracy ?? null,
      finalAccuracy: final?.accuracy ?? null,
      testAccuracy: final?.testAccuracy ?? null,
      latencies: data.devices.map(({ name }) => rowLatency(trial, name)),
      reward: trial.reward ?? null,
      parameters: trial.parameters,
      multiplyAdds: trial.multiplyAdds,
    });
  }
  rows.sort((a, b) => (a.trial?.latencyMs ?? Infinity) - (b.trial?.latencyMs ?? Infinity));
  return [...rows, ...teachersToldApart(data.teachers).map((teacher) => teacherRow(data, teacher))];
}

function teacherRow(data: ReportData, teacher: ReportedTeacher): StudentRow {
  return {
    kind: "teacher",
    name: teacher.name,
    trial: null,
    onFront: false,
    best: false,
    brokenLimit: null,
    accuracy: teacher.accuracy,
    finalAccuracy: null,
    testAccuracy: teacher.testAccuracy,
    latencies: data.devices.map(() => null),
    reward: null,
    parameters: teacher.parameters,
    multiplyAdds: teacher.multiplyAdds,
  };
}

/** Where there is no student: why there is none, in words. */
export function noStudent({ state }: Pick<ReportData, "state">): string {
  return state === "failed" ? "No student was completed" : "No student has been completed yet";
}
