import type { Trial } from "../../../src/schemas/trial.ts";
import { measurementOn } from "../../latency/measurement_on.ts";
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumberOf,
  formatPercent,
} from "../../../src/cli/format.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report_data.ts";
import { deviceLabel } from "../student_points.ts";
import { bestTrial, finalOf } from "../student_rows.ts";

/** The best student in one sentence, or the reason why there is none. */
export function headlineSentence(data: ReportData): string {
  const best = bestTrial(data.trials);
  const target = targetWords(data, best?.latencyMs ?? 0);
  if (best === null) return `No student has been completed yet${target}.`;
  const final = finalOf(data.final, best);
  const test = final ? ` Trained longer, it reaches ${formatPercent(final.testAccuracy)} on the test split.` : "";
  const latency = latencyWords(data, best);
  return `Best student: ${formatPercent(best.accuracy)} validation accuracy in ${latency}${target}.${test}`;
}

/** With several devices the trial's own latency is a mixture: each device's is told. */
function latencyWords({ devices }: ReportData, best: Trial & { latencyMs: number }): string {
  const each = devices.flatMap(({ left, name }) => {
    const latencyMs = left === null ? measurementOn(best, name)?.latencyMs : undefined;
    return latencyMs === undefined ? [] : [`${formatMilliseconds(latencyMs)} ms on ${deviceLabel(name)}`];
  });
  return devices.length > 1 && each.length > 0 ? each.join(" and ") : `${formatMilliseconds(best.latencyMs)} ms`;
}

function targetWords(data: ReportData, latencyMs: number): string {
  const devices = data.devices.filter(({ left }) => left === null);
  if (devices.length === 0) return "";
  const targets = devices.map(({ name, targetMs }) => `${formatMilliseconds(targetMs)} ms on ${deviceLabel(name)}`);
  if (devices.length > 1) return ` (targets: ${targets.join(", ")})`;
  return latencyMs > devices[0].targetMs ? ` (misses the target of ${targets[0]})` : ` (target: ${targets[0]})`;
}

function comparedWithTeacher(data: ReportData): string | null {
  const best = bestTrial(data.trials);
  if (best === null || data.teacher === null) return null;
  const { name, accuracy, parameters } = data.teacher;
  const points = Math.abs(accuracy - best.accuracy) * 100;
  const size = parameters === null
    ? `It has ${formatCount(best.parameters)} parameters`
    : `It has ${formatCount(best.parameters)} parameters against ${formatCount(parameters)}`;
  const order = accuracy >= best.accuracy ? "below" : "above";
  return `It is trial ${best.number}. ${size} and scores ${points.toFixed(1)} points ${order} its teacher, ${name} (${
    formatPercent(accuracy)
  }).`;
}

function stateSentence({ state, plannedTrials, trials, seconds }: ReportData): string {
  const search = trials.filter(({ role }) => role === "search");
  const count = (wanted: string) => search.filter(({ state }) => state === wanted).length;
  const done = search.length - count("pending");
  const spent = formatDuration(seconds);
  const duplicates = search.filter(({ duplicateOf }) => duplicateOf !== undefined).length;
  const details = [
    [count("completed"), "completed"],
    [count("infeasible"), "infeasible"],
    [count("failed"), "failed"],
    [count("skipped"), "skipped"],
    [duplicates, "a repeated network, answered from the store"],
  ] as const;
  const parts = details.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`).join("; ");
  const tail = parts ? `: ${parts}.` : ".";
  switch (state) {
    case "running":
      return `Still running: ${done} of ${plannedTrials} trials after ${spent}${tail}`;
    case "interrupted":
      return `Interrupted after ${done} of ${plannedTrials} trials and ${spent}; the same command continues${tail}`;
    case "complete":
      return `${formatNumberOf(done, "trial")} in ${spent}${tail}`;
    default:
      return state satisfies never;
  }
}

/** What a hurried reader needs: the best student, how it compares, how far the run is. */
export function headline(data: ReportData): Html {
  const comparison = comparedWithTeacher(data);
  return html`<header>
<p class="brand">Nacre · <span>${data.run}</span></p>
<h1>${headlineSentence(data)}</h1>
${comparison === null ? null : html`<p>${comparison}</p>`}
<p class="state ${data.state}">${stateSentence(data)}</p>
</header>`;
}
