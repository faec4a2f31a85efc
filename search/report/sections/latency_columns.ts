// Latencies of trials in tables: a column for each device, as in the table of students.
import { formatMilliseconds } from "../../../src/cli/format.ts";
import type { Trial } from "../../../src/schemas/trial.ts";
import { measurementOn } from "../../latency/measurement_on.ts";
import { deviceLabel } from "../../latency_words.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report_data.ts";

/** The heads of the latency columns. */
export function latencyHeads({ devices }: Pick<ReportData, "devices">): string[] {
  return devices.length > 1 ? devices.map(({ name }) => `latency on ${deviceLabel(name)}, ms`) : ["latency, ms"];
}

/** The cells of `trial` under {@linkcode latencyHeads}. */
export function latencyCells({ devices }: Pick<ReportData, "devices">, trial: Trial): Html[] {
  const latenciesMs = devices.length > 1
    ? devices.map(({ name }) => measurementOn(trial, name)?.latencyMs)
    : [trial.latencyMs];
  return latenciesMs.map((latencyMs) =>
    html`<td>${latencyMs === undefined ? "–" : formatMilliseconds(latencyMs)}</td>`
  );
}
