import { whyNoneCompleted } from "../../completed_trials.ts";
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumberOf,
  formatPercent,
} from "../../../src/cli/format.ts";
import { type Html, html } from "../html.ts";
import { teachersInWords, teachersToldApart } from "../../reported_teachers.ts";
import type { ReportData } from "../report_data.ts";
import { deviceLabel } from "../../latency_words.ts";
import { studentLatency } from "../student_points.ts";
import { bestTrial, finalOf, noStudent } from "../student_rows.ts";

/** The best student in one sentence, or the reason why there is none. */
export function headlineSentence(data: ReportData): string {
  const best = bestTrial(data.trials);
  const target = targetWords(data, best?.latencyMs ?? 0);
  if (best === null) return `${noStudent(data)}${target}.`;
  const final = finalOf(data.final, best);
  const test = final ? ` Trained longer, it reaches ${formatPercent(final.testAccuracy)} on the test split.` : "";
  const latency = studentLatency(data, best);
  return `Best student: ${formatPercent(best.accuracy)} validation accuracy in ${latency}${target}.${test}`;
}

function targetWords(data: ReportData, latencyMs: number): string {
  const devices = data.devices.filter(({ left }) => left === null);
  if (devices.length === 0) return "";
  const targets = devices.map(({ name, targetMs }) => `${formatMilliseconds(targetMs)} ms on ${deviceLabel(name)}`);
  if (data.reward.isAccuracyAlone) return ` (no target; reference: ${targets.join(", ")})`;
  if (devices.length > 1) return ` (targets: ${targets.join(", ")})`;
  return latencyMs > devices[0].targetMs ? ` (misses the target of ${targets[0]})` : ` (target: ${targets[0]})`;
}

/** The best student beside the most accurate of its teachers; the others are named. */
function comparedWithTeachers({ teachers, trials }: ReportData): string | null {
  const best = bestTrial(trials);
  if (best === null || teachers.length === 0) return null;
  const sizes = teachers.flatMap(({ parameters }) => parameters === null ? [] : [formatCount(parameters)]);
  const areAlike = sizes.length > 1 && new Set(sizes).size === 1;
  const against = sizes.length < teachers.length ? "" : ` against ${areAlike ? `${sizes[0]} each` : sizes.join(", ")}`;
  const size = `It is trial ${best.number}. It has ${formatCount(best.parameters)} parameters${against}`;
  const [first, ...others] = teachersToldApart(teachers).sort((a, b) => (b.accuracy ?? -1) - (a.accuracy ?? -1));
  if (first.accuracy === null) return `${size} and learned from ${teachersInWords(teachers)}.`;
  const whose = others.length === 0 ? "its teacher" : `the best of its ${teachers.length} teachers`;
  const rest = others.length === 0
    ? ""
    : ` It learned from ${others.map((one) => teachersInWords([one])).join(", ")} too.`;
  return `${size} and ${beside(best.accuracy, first.accuracy)} ${whose}, ${teachersInWords([first])}.${rest}`;
}

/** "scores 1.2 points below", for instance. */
function beside(accuracy: number, other: number): string {
  if (accuracy === other) return "is as accurate as";
  const points = (Math.abs(other - accuracy) * 100).toFixed(1);
  return `scores ${points === "0.0" ? "less than 0.1" : points} points ${other > accuracy ? "below" : "above"}`;
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
    case "failed":
      return `Failed after ${spent} (${parts}): ${
        whyNoneCompleted(search, plannedTrials)
      }. Change the options, under ` +
        "another --run.";
    case "complete":
      return `${formatNumberOf(done, "trial")} in ${spent}${tail}`;
    default:
      return state satisfies never;
  }
}

/** What a hurried reader needs: the best student, how it compares, how far the run is. */
export function headline(data: ReportData): Html {
  const comparison = comparedWithTeachers(data);
  return html`<header>
<p class="brand">Nacre · <span>${data.run}</span></p>
<h1>${headlineSentence(data)}</h1>
${comparison === null ? null : html`<p>${comparison}</p>`}
<p class="state ${data.state}">${stateSentence(data)}</p>
</header>`;
}
