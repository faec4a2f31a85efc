import * as Plot from "@observablehq/plot";
import { formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import type { TrialState } from "../../../src/schemas/trial.ts";
import { median } from "../../median.ts";
import { type ReportData, type ReportDevice, targetName } from "../report_data.ts";
import { searchStudents, timedPoints } from "../student_points.ts";
import { accuracyAxis, paddedDomain, trialAxis } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, MARGINS } from "./figure.ts";
import { definedOf, LIMIT_RULE } from "./limits.ts";
import { tablesOf } from "./trial_tables.ts";

const MEDIAN_WINDOW = 10;

/** For each value the median of it and up to `window - 1` values before it. */
export function runningMedian(values: readonly number[], window: number): number[] {
  return values.map((_, i) => median(values.slice(Math.max(0, i + 1 - window), i + 1)));
}

/** For each value the largest so far. */
export function runningBest(values: readonly number[]): number[] {
  let best = -Infinity;
  return values.map((value) => best = Math.max(best, value));
}

/** Latency and accuracy in the order of trials: what the controller has learned so far. */
export function overTrials(data: ReportData, device: ReportDevice): Figure {
  const timed = timedPoints(data, device.name).filter(({ trial }) => trial.role === "search")
    .sort((a, b) => a.trial.number - b.trial.number);
  const trained = searchStudents(data, device.name);
  const figure = { id: "over-trials", title: "Latency and accuracy over trials" };
  if (timed.length < 2) {
    const content = timed.length === 0
      ? "No sampled student has been timed yet."
      : "One student has been timed so far; a course over trials needs at least two.";
    return { ...figure, caption: "", legend: [], content };
  }
  const { targetMs } = device;
  const medians = runningMedian(timed.map(({ latencyMs }) => latencyMs), MEDIAN_WINDOW);
  const bests = runningBest(trained.map(({ accuracy }) => accuracy));
  const inState = (state: TrialState) => timed.filter(({ trial }) => trial.state === state);
  const infeasible = inState("infeasible");
  const skipped = inState("skipped");
  const others = timed.filter((point) => !infeasible.includes(point) && !skipped.includes(point));
  const lastNumber = timed[timed.length - 1].trial.number;
  const describeLatency = ({ name, latencyMs, trial }: typeof timed[number]) =>
    `${name}: ${formatMilliseconds(latencyMs)} ms${trial.state === "completed" ? "" : `, ${trial.state}`}`;

  const common = (widthPx: number): Plot.PlotOptions => ({
    height: isNarrow(widthPx) ? 180 : 210,
    ...MARGINS,
    x: trialAxis(lastNumber, widthPx),
  });
  const latencyPanel = (widthPx: number): Plot.PlotOptions => ({
    ...common(widthPx),
    y: {
      domain: paddedDomain(
        [...timed.map(({ latencyMs }) => latencyMs), targetMs, ...definedOf(data.limits.latencyMs)],
        { low: 0 },
      ),
      label: "latency, ms",
      labelArrow: "none",
      ticks: 4,
    },
    marks: [
      Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
      Plot.ruleY([targetMs], { stroke: COLOURS.target, strokeWidth: 1.5 }),
      data.limits.latencyMs === undefined ? null : Plot.ruleY([data.limits.latencyMs], LIMIT_RULE),
      Plot.dot(others, {
        x: ({ trial }) => trial.number,
        y: "latencyMs",
        r: 3,
        fill: COLOURS.student,
        title: describeLatency,
        className: "latencies",
      }),
      Plot.dot(infeasible, {
        x: ({ trial }) => trial.number,
        y: "latencyMs",
        r: 3.5,
        symbol: "times",
        stroke: COLOURS.baseline,
        strokeWidth: 1.5,
        title: describeLatency,
        className: "infeasible",
      }),
      Plot.dot(skipped, {
        x: ({ trial }) => trial.number,
        y: "latencyMs",
        r: 3.5,
        symbol: "triangle",
        stroke: COLOURS.student,
        strokeWidth: 1.5,
        title: describeLatency,
        className: "skipped",
      }),
      Plot.line(timed.map(({ trial }, i) => ({ number: trial.number, median: medians[i] })), {
        x: "number",
        y: "median",
        stroke: COLOURS.front,
        strokeWidth: 1.75,
        className: "running-median",
      }),
    ],
  });
  const accuracyPanel = (widthPx: number): Plot.PlotOptions => ({
    ...common(widthPx),
    y: accuracyAxis(paddedDomain(trained.map(({ accuracy }) => accuracy), { low: 0, high: 1 }), 4),
    marks: [
      Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
      Plot.dot(trained, {
        x: ({ trial }) => trial.number,
        y: "accuracy",
        r: 3,
        fill: COLOURS.student,
        title: ({ name, accuracy }) => `${name}: ${formatPercent(accuracy)}`,
        className: "accuracies",
      }),
      Plot.line(trained.map(({ trial }, i) => ({ number: trial.number, best: bests[i] })), {
        x: "number",
        y: "best",
        curve: "step-after",
        stroke: COLOURS.front,
        strokeWidth: 1.75,
        className: "running-best",
      }),
    ],
  });

  return {
    ...figure,
    caption:
      (data.reward.isAccuracyAlone
        ? "A controller that learns moves upwards; rewards are accuracies alone. "
        : "A controller that learns moves towards the target and upwards. ") +
      `The lines are the median latency of the last ${MEDIAN_WINDOW} trials and the best accuracy so far.`,
    legend: [
      ["student", "student"],
      ...infeasible.length > 0 ? [["infeasible", "infeasible, not trained"] as const] : [],
      ...skipped.length > 0 ? [["skipped", "foreseen to be of no use, not trained"] as const] : [],
      ["best", "median latency, best accuracy"],
      ["target", `${targetName(data.reward)} ${formatMilliseconds(targetMs)} ms`],
      ...definedOf(data.limits.latencyMs).map((ms) => ["limit", `limit ${formatMilliseconds(ms)} ms`] as const),
    ],
    tables: tablesOf(timed),
    content: (widthPx) =>
      trained.length > 0 ? [latencyPanel(widthPx), accuracyPanel(widthPx)] : [latencyPanel(widthPx)],
  };
}
