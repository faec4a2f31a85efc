import * as Plot from "@observablehq/plot";
import { formatMilliseconds, formatNumberOf } from "../../../src/cli/format.ts";
import { type ReportData, type ReportDevice, targetName } from "../report_data.ts";
import { timedPoints } from "../student_points.ts";
import { latencyAxis, paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, MARGINS } from "./figure.ts";
import { definedOf, LIMIT_RULE } from "./limits.ts";

/** How many of `latenciesMs` break the limit, as a sentence. */
function overLimit(latenciesMs: readonly number[], limitMs: number): string {
  const count = latenciesMs.filter((latencyMs) => latencyMs > limitMs).length;
  return ` ${count === 0 ? "None" : count} ${count <= 1 ? "is" : "are"} over the limit of ${
    formatMilliseconds(limitMs)
  } ms.`;
}

/** Histogram of the latencies that the controller sampled, trained or not, with the target or reference and the limit. */
export function latencyHistogram(data: ReportData, device: ReportDevice): Figure {
  const points = timedPoints(data, device.name).filter(({ trial }) => trial.role === "search");
  const { targetMs } = device;
  const figure = { id: "latency-histogram", title: "Latencies of the sampled students" };
  if (points.length === 0) {
    return { ...figure, caption: "", legend: [], content: "No sampled student has been timed yet." };
  }
  const latenciesMs = points.map(({ latencyMs }) => latencyMs);
  const limitsMs = definedOf(data.limits.latencyMs);
  const domain = paddedDomain([...latenciesMs, targetMs, ...limitsMs], { low: 0 });
  const binCount = Math.min(30, Math.max(8, Math.ceil(2 * Math.sqrt(points.length))));
  // Edges spread over the domain, so that equal latencies make one bar of ordinary width.
  const edges = Array.from({ length: binCount + 1 }, (_, i) => domain[0] + (i / binCount) * (domain[1] - domain[0]));
  const bins = edges.slice(0, -1).map((lowMs, i) => {
    const highMs = edges[i + 1];
    const last = i === binCount - 1;
    const count = latenciesMs.filter((ms) => ms >= lowMs && (ms < highMs || (last && ms <= highMs))).length;
    return { lowMs, highMs, count };
  }).filter(({ count }) => count > 0);
  const countTicks = Math.min(4, bins.reduce((highest, { count }) => Math.max(highest, count), 0));
  const within = latenciesMs.filter((latencyMs) => latencyMs <= targetMs).length;

  return {
    ...figure,
    caption: `${within} of ${formatNumberOf(points.length, "sampled student")} ` +
      (data.reward.isAccuracyAlone
        ? `${points.length === 1 ? "is" : "are"} as fast as the reference of ${formatMilliseconds(targetMs)} ms or ` +
          "faster; latency is no part of the reward."
        : `${points.length === 1 ? "keeps" : "keep"} to the target of ${formatMilliseconds(targetMs)} ms.`) +
      limitsMs.map((limitMs) => overLimit(latenciesMs, limitMs)).join(""),
    legend: [
      ["bar", "sampled students"],
      ["target", `${targetName(data.reward)} ${formatMilliseconds(targetMs)} ms`],
      ...limitsMs.map((ms) => ["limit", `limit ${formatMilliseconds(ms)} ms`] as const),
    ],
    table: {
      head: ["latency, ms", "sampled students"],
      rows: bins.map(({ lowMs, highMs, count }) => [
        `${formatMilliseconds(lowMs)} to ${formatMilliseconds(highMs)}`,
        String(count),
      ]),
    },
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 200 : 240,
      ...MARGINS,
      x: latencyAxis(domain, widthPx),
      y: { label: "students", labelArrow: "none", tickFormat: "d", ticks: countTicks },
      marks: [
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: countTicks }),
        Plot.rectY(bins, {
          x1: "lowMs",
          x2: "highMs",
          y: "count",
          fill: COLOURS.student,
          fillOpacity: 0.85,
          insetLeft: 0.5,
          insetRight: 0.5,
          title: ({ lowMs, highMs, count }) =>
            `${formatNumberOf(count, "student")} from ${formatMilliseconds(lowMs)} to ${formatMilliseconds(highMs)} ms`,
          className: "bins",
        }),
        Plot.ruleX([targetMs], { stroke: COLOURS.target, strokeWidth: 1.5 }),
        Plot.ruleX(limitsMs, LIMIT_RULE),
        Plot.ruleY([0]),
      ],
    }],
  };
}
