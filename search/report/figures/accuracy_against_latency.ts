import * as Plot from "@observablehq/plot";
import { formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import { brokenReportLimit } from "../broken_limit.ts";
import { type ReportData, type ReportDevice, targetName } from "../report_data.ts";
import { bestTrial } from "../student_rows.ts";
import { type StudentPoint, studentPoints, timedPoints } from "../student_points.ts";
import { accuracyAxis, latencyAxis, latencyTicks, paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, type LegendSign, MARGINS } from "./figure.ts";
import { definedOf, LIMIT_RULE } from "./limits.ts";
import { nameMarks, withRoom } from "./point_names.ts";
import { tablesOf } from "./trial_tables.ts";

function describePoint({ name, accuracy, latencyMs, onFront }: StudentPoint): string {
  return `${name}: ${formatPercent(accuracy)}, ${formatMilliseconds(latencyMs)} ms${onFront ? ", on the front" : ""}`;
}

/** What the picture says about the baselines that a user may take, counted rather than claimed. */
function compareWithBaselines(points: readonly StudentPoint[], data: ReportData): string {
  const all = points.filter(({ trial }) => trial.role === "baseline");
  const baselines = all.filter(({ trial }) => brokenReportLimit(data, trial) === undefined);
  const front = points.filter(({ onFront }) => onFront);
  const others = all.length - baselines.length;
  const left = others === 0
    ? ""
    : ` ${others} of ${all.length} baselines break${others === 1 ? "s" : ""} a limit of the run.`;
  if (baselines.length === 0 || front.length === 0) return left;
  const beaten = baselines.filter((baseline) =>
    front.some((student) => student.latencyMs <= baseline.latencyMs && student.accuracy >= baseline.accuracy)
  );
  const which = others === 0 ? "" : "other ";
  return `${left} For ${beaten.length} of ${baselines.length} ${which}baselines some student is at least as fast and as accurate.`;
}

/** Accuracy against latency: every completed trial, the front as a stepped line, baselines, target or reference, and teachers. */
export function accuracyAgainstLatency(data: ReportData, device: ReportDevice): Figure {
  const points = studentPoints(data, device.name);
  const figure = { id: "accuracy-against-latency", title: "Accuracy against latency" };
  if (points.length === 0) {
    return { ...figure, caption: "", legend: [], content: "No student has been both timed and trained yet." };
  }
  const students = points.filter(({ trial, onFront }) => trial.role === "search" && !onFront);
  const front = points.filter(({ onFront }) => onFront).sort((a, b) => a.latencyMs - b.latencyMs);
  const baselines = points.filter(({ trial }) => trial.role === "baseline");
  const bestReward = bestTrial(data.trials);
  const best = points.filter(({ trial }) => trial === bestReward)
    .map((point) => ({ ...point, name: `${point.name}, best reward` }));
  const taught = data.teachers.flatMap(({ accuracy }) => accuracy ?? []);
  const { targetMs } = device;
  const limitsMs = definedOf(data.limits.latencyMs);
  const timed = timedPoints(data, device.name);
  const infeasible = timed.filter(({ trial }) => trial.state === "infeasible");
  // Timed but not trained, since its accuracy could be foreseen: it stands at what was foreseen.
  const skipped = timed.flatMap((point) => {
    const { foreseen, state } = point.trial;
    return state === "skipped" && foreseen?.what === "accuracy" ? [{ ...point, accuracy: foreseen.value }] : [];
  });

  const latencyDomain = paddedDomain(
    [...points, ...infeasible, ...skipped].map(({ latencyMs }) => latencyMs).concat(targetMs, limitsMs),
    { low: 0 },
  );
  const accuracyDomain = paddedDomain(
    [...points, ...skipped].map(({ accuracy }) => accuracy).concat(taught),
    { low: 0, high: 1 },
  );
  // Whoever has more time than the slowest student of the front can still use that one: the line goes on.
  const steps = front.length === 0 ? [] : [...front, { ...front[front.length - 1], latencyMs: latencyDomain[1] }];

  const legend: [LegendSign, string][] = [];
  if (front.length > 0) legend.push(["front", "student on the front"]);
  if (students.length > 0) legend.push(["student", "other student"]);
  if (baselines.length > 0) legend.push(["baseline", "baseline"]);
  if (infeasible.length > 0) legend.push(["infeasible", "infeasible, not trained (at the foot)"]);
  if (skipped.length > 0) legend.push(["skipped", "not trained, at its foreseen accuracy"]);
  legend.push(["target", `${targetName(data.reward)} ${formatMilliseconds(targetMs)} ms`]);
  for (const ms of limitsMs) legend.push(["limit", `limit ${formatMilliseconds(ms)} ms`]);
  if (taught.length > 0) {
    legend.push(["teacher", `teacher${taught.length > 1 ? "s" : ""} ${taught.map(formatPercent).join(", ")}`]);
  }

  return {
    ...figure,
    caption: "Up and to the left is better. The line is the best accuracy within each latency." +
      compareWithBaselines(points, data),
    legend,
    tables: tablesOf([...points, ...infeasible, ...skipped]),
    content: (widthPx) => {
      const heightPx = isNarrow(widthPx) ? 300 : 400;
      const frame = { widthPx, heightPx, latency: latencyDomain, accuracy: accuracyDomain };
      const [namedBest, namedBaselines] = withRoom([
        { points: best, side: "above" },
        { points: baselines, side: "below" },
      ], frame);
      return [{
        height: heightPx,
        ...MARGINS,
        x: latencyAxis(latencyDomain, widthPx),
        y: accuracyAxis(accuracyDomain, 6),
        marks: [
          Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: latencyTicks(widthPx) }),
          Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 6 }),
          Plot.ruleX([targetMs], { stroke: COLOURS.target, strokeWidth: 1.5 }),
          Plot.ruleX(limitsMs, LIMIT_RULE),
          Plot.ruleY(taught, { stroke: COLOURS.teacher, strokeDasharray: "5 4" }),
          Plot.line(steps, {
            x: "latencyMs",
            y: "accuracy",
            curve: "step-after",
            stroke: COLOURS.front,
            strokeWidth: 1.75,
            className: "front-line",
          }),
          Plot.dot(infeasible, {
            x: "latencyMs",
            y: accuracyDomain[0],
            dy: -7,
            symbol: "times",
            r: 3.5,
            stroke: COLOURS.baseline,
            title: ({ name, latencyMs }) => `${name}: ${formatMilliseconds(latencyMs)} ms, infeasible`,
            className: "infeasible",
          }),
          Plot.dot(skipped, {
            x: "latencyMs",
            y: "accuracy",
            symbol: "triangle",
            r: 3.5,
            stroke: COLOURS.student,
            title: ({ name, accuracy, latencyMs }) =>
              `${name}: not trained, foreseen ${formatPercent(accuracy)}, ${formatMilliseconds(latencyMs)} ms`,
            className: "skipped",
          }),
          Plot.dot(students, {
            x: "latencyMs",
            y: "accuracy",
            r: 3.5,
            fill: COLOURS.student,
            fillOpacity: 0.75,
            title: describePoint,
            className: "students",
          }),
          Plot.dot(baselines, {
            x: "latencyMs",
            y: "accuracy",
            symbol: "diamond",
            r: 5.5,
            fill: COLOURS.baseline,
            stroke: COLOURS.page,
            title: (point) => {
              const broken = brokenReportLimit(data, point.trial);
              return describePoint(point) + (broken === undefined ? "" : `, breaks the limit: ${broken}`);
            },
            className: "baselines",
          }),
          Plot.dot(front, {
            x: "latencyMs",
            y: "accuracy",
            r: 5,
            fill: COLOURS.front,
            stroke: COLOURS.page,
            title: describePoint,
            className: "front",
          }),
          ...nameMarks(namedBaselines, frame, {
            side: "below",
            fill: COLOURS.baseline,
            className: "baseline-names",
          }),
          ...nameMarks(namedBest, frame, { side: "above", fill: COLOURS.front, className: "best-name" }),
        ],
      }];
    },
  };
}
