import * as Plot from "@observablehq/plot";
import { formatPercent } from "../../../src/cli/format.ts";
import type { ReportData } from "../report_data.ts";
import { proxyQuality } from "../../proxy_quality.ts";
import { finalOf } from "../student_rows.ts";
import { trialName } from "../student_points.ts";
import { formatPercentTick, paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, MARGINS } from "./figure.ts";

/** Accuracy after the search's short training against that after the long one: how far the short one can be trusted. */
export function proxyAgainstFinal(data: ReportData): Figure {
  const figure = { id: "proxy-against-final", title: "Short training against long training" };
  const points = data.trials.flatMap((trial) => {
    const sampled = trial.role === "search" ? data.sampled.find((one) => one.trial === trial.number) : undefined;
    const long = (finalOf(data.final, trial) ?? sampled)?.accuracy;
    if (long === undefined || trial.accuracy === undefined) return [];
    return [{ trial, name: trialName(trial), short: trial.accuracy, long, sampled: sampled !== undefined }];
  });
  if (points.length < 3) {
    const content = "A comparison of short and long trainings needs at least three networks that were trained longer.";
    return { ...figure, caption: "", legend: [], content };
  }
  const describe = ({ name, short, long }: typeof points[number]) =>
    `${name}: ${formatPercent(short)} after the short training, ${formatPercent(long)} after the long one`;
  const baselines = points.filter(({ trial }) => trial.role === "baseline");
  const sampled = points.filter((point) => point.sampled);
  const best = points.filter((point) => !baselines.includes(point) && !sampled.includes(point));
  return {
    ...figure,
    caption:
      "Validation accuracy. Where both trainings put the networks in one order, the search could trust its short " +
      `training. ${proxyWords(data)}`,
    legend: [
      ...best.length > 0 ? [["front", "among the best students"] as const] : [],
      ...sampled.length > 0 ? [["student", "student drawn at random"] as const] : [],
      ...baselines.length > 0 ? [["baseline", "baseline"] as const] : [],
    ],
    table: {
      head: ["network", "short training", "long training"],
      rows: points.map(({ name, short, long }) => [name, formatPercent(short), formatPercent(long)]),
    },
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 260 : 320,
      ...MARGINS,
      x: {
        domain: paddedDomain(points.map(({ short }) => short), { low: 0, high: 1 }),
        label: "after the short training",
        labelArrow: "none",
        tickFormat: formatPercentTick,
        ticks: isNarrow(widthPx) ? 4 : 8,
      },
      y: {
        domain: paddedDomain(points.map(({ long }) => long), { low: 0, high: 1 }),
        label: "after the long training",
        labelArrow: "none",
        tickFormat: formatPercentTick,
        ticks: 5,
      },
      marks: [
        Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1 }),
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 5 }),
        Plot.dot(sampled, {
          x: "short",
          y: "long",
          r: 4,
          fill: COLOURS.student,
          stroke: COLOURS.page,
          title: describe,
          className: "sampled",
        }),
        Plot.dot(best, {
          x: "short",
          y: "long",
          r: 4.5,
          fill: COLOURS.front,
          stroke: COLOURS.page,
          title: describe,
          className: "students",
        }),
        Plot.dot(baselines, {
          x: "short",
          y: "long",
          r: 5.5,
          symbol: "diamond",
          fill: COLOURS.baseline,
          stroke: COLOURS.page,
          title: describe,
          className: "baselines",
        }),
      ],
    }],
  };
}

/** What the correlations say, the honest one first: only a random sample tells of students that were not selected. */
function proxyWords({ final, sampled, trials }: ReportData): string {
  const { n, sample, spearman } = proxyQuality(trials, { finals: final, sampled });
  const { low, high } = sample;
  const interval = low === null || high === null
    ? "too few for an interval"
    : `95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}`;
  const atRandom = sample.n === 0
    ? "No student was drawn at random."
    : sample.spearman === null
    ? `Students drawn at random: ${sample.n}, which give no rank correlation.`
    : `Students drawn at random: Spearman's rank correlation ${
      sample.spearman.toFixed(2)
    } (n = ${sample.n}, ${interval}).`;
  if (spearman === null || n === sample.n) return atRandom;
  return `${atRandom} All networks shown, of which the best were selected by their short training, so that it says little ` +
    `of the others: ${spearman.toFixed(2)} (n = ${n}).`;
}
