import * as Plot from "@observablehq/plot";
import { formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import { type CompletedTrial, completedTrials } from "../../completed_trials.ts";
import { frontOverTime as historyOf, worstCorner } from "../../front_over_time.ts";
import { deviceLabel } from "../../latency_words.ts";
import { seriesColour } from "../palette.ts";
import { latencyUnit, type ReportData } from "../report_data.ts";
import { trialName } from "../student_points.ts";
import { accuracyAxis, formatPercentTick, latencyAxis, paddedDomain, trialAxis } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, type LegendSign, MARGINS } from "./figure.ts";
import { dashOf } from "./signs.ts";

const MOMENTS = 4;

/**
 * The hypervolume as a mean: of the best accuracy within each latency from 0 to the reference's, where none counts as 0.
 * It is the share of the rectangle from (0 ms, 100 %) to the reference, whose accuracy is 0.
 */
export function meanBestAccuracy(hypervolume: number, reference: { latencyMs: number }): number {
  return hypervolume / reference.latencyMs;
}

/** A front as the corners of a stepped line from the foot of its fastest to `latestMs`. */
export function frontSteps<T extends { latencyMs: number; accuracy: number }>(
  front: readonly T[],
  footAccuracy: number,
  latestMs: number,
): { latencyMs: number; accuracy: number }[] {
  if (front.length === 0) return [];
  return [
    { latencyMs: front[0].latencyMs, accuracy: footAccuracy },
    ...front,
    { latencyMs: latestMs, accuracy: front[front.length - 1].accuracy },
  ];
}

/** What "combined" means, where it is said. */
function combinedNote(data: ReportData): string {
  if (latencyUnit(data) === "ms") return "";
  const [first] = data.devices.filter(({ left }) => left === null);
  return ` Combined: over all devices as in the reward, in milliseconds of ${deviceLabel(first.name)}.`;
}

/** The front at four moments of the search, and the hypervolume all along. */
export function frontOverTime(data: ReportData): Figure {
  const figure = { id: "front-over-time", title: "The front over time" };
  const search = data.trials.filter(({ role }) => role === "search");
  const completed = completedTrials(search);
  const reference = worstCorner(search);
  if (completed.length < MOMENTS || reference === undefined) {
    const content = `The growth of a front needs at least ${MOMENTS} trained and timed students.`;
    return { ...figure, caption: "", legend: [], content };
  }
  const history = historyOf(search, reference).map((one) => ({
    ...one,
    mean: meanBestAccuracy(one.hypervolume, reference),
  }));
  const known = history.filter(({ front }) => front.length > 0);
  const byNumber = new Map(completed.map((trial) => [trial.number, trial]));
  const moments = Array.from({ length: MOMENTS }, (_, i) => {
    const { front, mean, trial } = history[Math.ceil((i + 1) * history.length / MOMENTS) - 1];
    return { trial, mean, front: front.flatMap((number) => byNumber.get(number) ?? []) };
  }).filter(({ front }) => front.length > 0);
  const latencyDomain = paddedDomain(completed.map(({ latencyMs }) => latencyMs), { low: 0 });
  const accuracyDomain = paddedDomain(completed.map(({ accuracy }) => accuracy), { low: 0, high: 1 });
  const last = moments[moments.length - 1];
  const unit = latencyUnit(data);
  // The last moment is the first series: the solid line.
  const seriesOf = (moment: number) => moments.length - 1 - moment;

  return {
    ...figure,
    caption:
      "Above, the best accuracy within each latency after each quarter of the search. Below, its mean over all " +
      `latencies from 0 to that of the slowest student, ${
        formatMilliseconds(reference.latencyMs)
      } ${unit}, which is the ` +
      `front's hypervolume: ${formatPercent(last.mean)} at the end.${combinedNote(data)}`,
    legend: moments.map(({ trial }, moment): [LegendSign, string] => [
      { series: seriesOf(moment), as: "line" },
      `after trial ${trial}`,
    ]),
    table: {
      head: ["after trial", "students on the front", `fastest, ${unit}`, "most accurate", "mean best accuracy"],
      rows: moments.map(({ front, mean, trial }) => [
        String(trial),
        String(front.length),
        formatMilliseconds(front[0].latencyMs),
        formatPercent(front[front.length - 1].accuracy),
        formatPercent(mean),
      ]),
    },
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 260 : 320,
      ...MARGINS,
      x: latencyAxis(latencyDomain, widthPx, unit),
      y: accuracyAxis(accuracyDomain, 5),
      marks: [
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 5 }),
        moments.map(({ front }, moment) =>
          Plot.line(frontSteps(front, accuracyDomain[0], latencyDomain[1]), {
            x: "latencyMs",
            y: "accuracy",
            curve: "step-after",
            stroke: seriesColour(seriesOf(moment)),
            strokeWidth: seriesOf(moment) === 0 ? 2.25 : 1.5,
            strokeDasharray: dashOf(seriesOf(moment)) ?? undefined,
            className: "moment",
          })
        ),
        Plot.dot(last.front, {
          x: "latencyMs",
          y: "accuracy",
          r: 3.5,
          fill: seriesColour(0),
          stroke: COLOURS.page,
          title: (trial: CompletedTrial) =>
            `${trialName(trial)}: ${formatPercent(trial.accuracy)}, ${formatMilliseconds(trial.latencyMs)} ${unit}`,
          className: "last-front",
        }),
      ],
    }, {
      height: isNarrow(widthPx) ? 170 : 190,
      ...MARGINS,
      x: trialAxis(history[history.length - 1].trial, widthPx),
      y: {
        domain: paddedDomain(known.map(({ mean }) => mean), { low: 0, high: 1 }),
        label: "mean best accuracy (hypervolume)",
        labelArrow: "none",
        tickFormat: formatPercentTick,
        ticks: 4,
      },
      marks: [
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
        Plot.line(known, {
          x: "trial",
          y: "mean",
          curve: "step-after",
          stroke: COLOURS.front,
          strokeWidth: 1.75,
          className: "hypervolume",
        }),
      ],
    }],
  };
}
