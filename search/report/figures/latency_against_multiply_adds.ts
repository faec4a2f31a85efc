import * as Plot from "@observablehq/plot";
import { formatCount, formatMilliseconds } from "../../../src/cli/format.ts";
import { linearFit } from "../linear_fit.ts";
import type { ReportData, ReportDevice } from "../report_data.ts";
import { type TimedPoint, timedPoints } from "../student_points.ts";
import { paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, MARGINS } from "./figure.ts";
import { definedOf, LIMIT_RULE } from "./limits.ts";
import { tablesOf } from "./trial_tables.ts";

function describePoint({ name, latencyMs, trial }: TimedPoint): string {
  return `${name}: ${formatCount(trial.multiplyAdds)} multiply-adds, ${formatMilliseconds(latencyMs)} ms${
    trial.state === "infeasible" ? ", infeasible" : ""
  }`;
}

/** Latency against multiply-adds, with the least-squares line: how far counting would stand in for measuring. */
export function latencyAgainstMultiplyAdds(data: ReportData, device: ReportDevice): Figure {
  // A repeated network has the measurement of the first one: it would count twice in the correlation.
  const points = timedPoints(data, device.name).filter(({ trial }) => trial.duplicateOf === undefined);
  const figure = { id: "latency-against-multiply-adds", title: "Latency against multiply-adds" };
  if (points.length < 2) {
    const content = points.length === 0
      ? "No network has been timed yet."
      : "One network has been timed so far; a comparison with its multiply-adds needs at least two.";
    return { ...figure, caption: "", legend: [], content };
  }
  const infeasible = points.filter(({ trial }) => trial.state === "infeasible");
  const students = points.filter(({ trial }) => trial.role === "search" && trial.state !== "infeasible");
  const baselines = points.filter(({ trial }) => trial.role === "baseline");
  const fit = linearFit(points.map(({ trial, latencyMs }) => ({ x: trial.multiplyAdds, y: latencyMs })));
  const counts = points.map(({ trial }) => trial.multiplyAdds);
  const line = fit
    ? [Math.min(...counts), Math.max(...counts)].map((multiplyAdds) => ({
      multiplyAdds,
      latencyMs: fit.intercept + fit.slope * multiplyAdds,
    }))
    : [];
  const limitsMs = definedOf(data.limits.latencyMs);
  const limitCounts = definedOf(data.limits.multiplyAdds);

  return {
    ...figure,
    caption: fit
      ? `Pearson's r = ${fit.correlation.toFixed(2)} over ${points.length} networks. The further the marks lie from ` +
        "the line, the less a count of operations can replace a measurement."
      : "Too few or too equal networks for a correlation.",
    legend: [
      ...students.length > 0 ? [["student", "student"] as const] : [],
      ...baselines.length > 0 ? [["baseline", "baseline"] as const] : [],
      ...infeasible.length > 0 ? [["infeasible", "infeasible, not trained"] as const] : [],
      ...fit ? [["trend", "least-squares line"] as const] : [],
      ...limitsMs.map((ms) => ["limit", `limit ${formatMilliseconds(ms)} ms`] as const),
      ...limitCounts.map((count) => ["limit", `limit ${formatCount(count)} multiply-adds`] as const),
    ],
    tables: tablesOf(points),
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 260 : 320,
      ...MARGINS,
      x: {
        domain: paddedDomain([...counts, ...limitCounts], { low: 0 }),
        label: "multiply-adds per image",
        labelArrow: "none",
        tickFormat: "~s",
        ticks: isNarrow(widthPx) ? 4 : 8,
      },
      y: {
        domain: paddedDomain([...points, ...line].map(({ latencyMs }) => latencyMs).concat(limitsMs), { low: 0 }),
        label: "latency, ms",
        labelArrow: "none",
        ticks: 5,
      },
      marks: [
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 5 }),
        Plot.ruleX(limitCounts, LIMIT_RULE),
        Plot.ruleY(limitsMs, LIMIT_RULE),
        Plot.line(line, {
          x: "multiplyAdds",
          y: "latencyMs",
          stroke: COLOURS.front,
          strokeWidth: 1.5,
          className: "fit",
        }),
        Plot.dot(infeasible, {
          x: ({ trial }) => trial.multiplyAdds,
          y: "latencyMs",
          r: 3.5,
          symbol: "times",
          stroke: COLOURS.baseline,
          strokeWidth: 1.5,
          title: describePoint,
          className: "infeasible",
        }),
        Plot.dot(students, {
          x: ({ trial }) => trial.multiplyAdds,
          y: "latencyMs",
          r: 3.5,
          fill: COLOURS.student,
          fillOpacity: 0.75,
          title: describePoint,
          className: "students",
        }),
        Plot.dot(baselines, {
          x: ({ trial }) => trial.multiplyAdds,
          y: "latencyMs",
          symbol: "diamond",
          r: 5,
          fill: COLOURS.baseline,
          stroke: COLOURS.page,
          title: describePoint,
          className: "baselines",
        }),
      ],
    }],
  };
}
