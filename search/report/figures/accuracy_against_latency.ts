import * as Plot from "@observablehq/plot";
import { formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import type { ReportData, ReportDevice } from "../report_data.ts";
import { bestTrial } from "../student_rows.ts";
import { type StudentPoint, studentPoints } from "../student_points.ts";
import { formatPercentTick, paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, type LegendSign, MARGINS } from "./figure.ts";

function describePoint({ name, accuracy, latencyMs, onFront }: StudentPoint): string {
  return `${name}: ${formatPercent(accuracy)}, ${formatMilliseconds(latencyMs)} ms${onFront ? ", on the front" : ""}`;
}

/** Names beside points. A front climbs to the right, so there is room below it to the right, above it to the left. */
function nameMarks(
  points: readonly StudentPoint[],
  options: { side: "above" | "below"; domain: readonly [number, number]; fill: string; className: string },
): Plot.Text[] {
  const { side, domain, fill, className } = options;
  const share = ({ latencyMs }: StudentPoint) => (latencyMs - domain[0]) / (domain[1] - domain[0]);
  const atStart = (point: StudentPoint) => side === "above" ? share(point) < 0.35 : share(point) < 0.65;
  const common = { x: "latencyMs", y: "accuracy", text: "name", stroke: COLOURS.page, strokeWidth: 4, fill, className };
  const dy = side === "above" ? -12 : 14;
  return [
    Plot.text(points.filter(atStart), { ...common, textAnchor: "start", dx: -2, dy }),
    Plot.text(points.filter((point) => !atStart(point)), { ...common, textAnchor: "end", dx: 2, dy }),
  ];
}

/** What the picture says about the baselines, counted rather than claimed. */
function compareWithBaselines(points: readonly StudentPoint[]): string {
  const baselines = points.filter(({ trial }) => trial.role === "baseline");
  const front = points.filter(({ onFront }) => onFront);
  if (baselines.length === 0 || front.length === 0) return "";
  const beaten = baselines.filter((baseline) =>
    front.some((student) => student.latencyMs <= baseline.latencyMs && student.accuracy >= baseline.accuracy)
  );
  return ` For ${beaten.length} of ${baselines.length} baselines some student is at least as fast and as accurate.`;
}

/** Accuracy against latency: every completed trial, the front as a stepped line, baselines, target and teacher. */
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
  const { teacher } = data;
  const { targetMs } = device;

  const latencyDomain = paddedDomain([...points.map(({ latencyMs }) => latencyMs), targetMs], { low: 0 });
  const accuracyDomain = paddedDomain(
    [...points.map(({ accuracy }) => accuracy), ...teacher ? [teacher.accuracy] : []],
    { low: 0, high: 1 },
  );
  // Whoever has more time than the slowest student of the front can still use that one: the line goes on.
  const steps = front.length === 0 ? [] : [...front, { ...front[front.length - 1], latencyMs: latencyDomain[1] }];

  const legend: [LegendSign, string][] = [];
  if (front.length > 0) legend.push(["front", "student on the front"]);
  if (students.length > 0) legend.push(["student", "other student"]);
  if (baselines.length > 0) legend.push(["baseline", "baseline"]);
  legend.push(["target", `target ${formatMilliseconds(targetMs)} ms`]);
  if (teacher) legend.push(["teacher", `teacher ${formatPercent(teacher.accuracy)}`]);

  return {
    ...figure,
    caption: "Up and to the left is better. The line is the best accuracy within each latency." +
      compareWithBaselines(points),
    legend,
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 300 : 400,
      ...MARGINS,
      x: { domain: latencyDomain, label: "latency, ms", labelArrow: "none", ticks: isNarrow(widthPx) ? 5 : 9 },
      y: {
        domain: accuracyDomain,
        label: "accuracy on the validation split",
        labelArrow: "none",
        tickFormat: formatPercentTick,
        ticks: 6,
      },
      marks: [
        Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: isNarrow(widthPx) ? 5 : 9 }),
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 6 }),
        Plot.ruleX([targetMs], { stroke: COLOURS.target, strokeWidth: 1.5 }),
        teacher ? Plot.ruleY([teacher.accuracy], { stroke: COLOURS.teacher, strokeDasharray: "5 4" }) : null,
        ...nameMarks(baselines, {
          side: "below",
          domain: latencyDomain,
          fill: COLOURS.baseline,
          className: "baseline-names",
        }),
        ...nameMarks(best, { side: "above", domain: latencyDomain, fill: COLOURS.front, className: "best-name" }),
        Plot.line(steps, {
          x: "latencyMs",
          y: "accuracy",
          curve: "step-after",
          stroke: COLOURS.front,
          strokeWidth: 1.75,
          className: "front-line",
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
          title: describePoint,
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
      ],
    }],
  };
}
