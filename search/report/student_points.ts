// Trials as points of a figure: one latency per trial for one device, with the front among them marked.
import type { Measurement } from "../../src/schemas/measurement.ts";
import type { Trial } from "../../src/schemas/trial.ts";
import { latenciesOn, measurementOn } from "../latency/measurement_on.ts";
import { latencyWords } from "../latency_words.ts";
import { paretoFront } from "../pareto.ts";
import type { ReportData } from "./report_data.ts";

/** A trial that was timed on the device in question. */
export interface TimedPoint {
  trial: Trial;
  /** "trial 7", or a baseline's own name. */
  name: string;
  latencyMs: number;
  measurement: Measurement;
}

/** A timed trial that was also trained. */
export interface StudentPoint extends TimedPoint {
  accuracy: number;
  /** No other search trial is both faster and more accurate. Baselines are compared with the front, never part of it. */
  onFront: boolean;
}

/** What a trial is called in figures and tables. */
export function trialName(trial: Trial): string {
  return trial.role === "baseline" ? trial.label ?? `baseline ${trial.number}` : `trial ${trial.number}`;
}

/** The latency of a completed trial in words, on every device that is still in a run of several. */
export function studentLatency({ devices }: Pick<ReportData, "devices">, trial: Trial & { latencyMs: number }): string {
  const staying = devices.filter(({ left }) => left === null).map(({ name }) => name);
  return latencyWords(trial.latencyMs, devices.length > 1 ? latenciesOn(trial, staying) : {});
}

/** Every trial that has a latency on the device, whether it was trained or not, in order of trials. */
export function timedPoints(data: Pick<ReportData, "trials">, deviceName: string): TimedPoint[] {
  const points: TimedPoint[] = [];
  for (const trial of data.trials) {
    const measurement = measurementOn(trial, deviceName);
    if (measurement) points.push({ trial, name: trialName(trial), latencyMs: measurement.latencyMs, measurement });
  }
  return points;
}

/** Every completed trial on the device, with the front of the search trials marked. */
export function studentPoints(data: Pick<ReportData, "trials">, deviceName: string): StudentPoint[] {
  const points: StudentPoint[] = [];
  for (const point of timedPoints(data, deviceName)) {
    const { state, accuracy } = point.trial;
    if (state === "completed" && accuracy !== undefined) points.push({ ...point, accuracy, onFront: false });
  }
  // A repeated network is the same student again: the first one stands for it.
  const candidates = points.filter(({ trial }) => trial.role === "search" && trial.duplicateOf === undefined);
  for (const member of paretoFront(candidates)) member.onFront = true;
  return points;
}

/** The completed trials of the search on the device, in order of trials. */
export function searchStudents(data: Pick<ReportData, "trials">, deviceName: string): StudentPoint[] {
  return studentPoints(data, deviceName).filter(({ trial }) => trial.role === "search")
    .sort((a, b) => a.trial.number - b.trial.number);
}
