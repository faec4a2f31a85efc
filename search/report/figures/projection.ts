import * as Plot from "@observablehq/plot";
import { formatPercent } from "../../../src/cli/format.ts";
import { oneHot, projectOnPlane } from "../principal_components.ts";
import { seriesColour, seriesSymbol } from "../palette.ts";
import type { ReportData } from "../report_data.ts";
import { trialName } from "../student_points.ts";
import { bestTrial } from "../student_rows.ts";
import { paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, type LegendSign, MARGINS } from "./figure.ts";

const PARTS = ["first third", "middle third", "last third"] as const;
/** Points of the trace: the mean of as many equal parts of the search. */
const TRACE_POINTS = 8;
const FEWEST = 6;

/** The mean of each of `parts` equal parts of `points`, in their order. */
export function traceOf(points: readonly { x: number; y: number }[], parts: number): { x: number; y: number }[] {
  const bound = (part: number) => Math.round(part * points.length / parts);
  return Array.from({ length: parts }, (_, part) => points.slice(bound(part), bound(part + 1)))
    .filter((within) => within.length > 0)
    .map((within) => ({
      x: within.reduce((sum, { x }) => sum + x, 0) / within.length,
      y: within.reduce((sum, { y }) => sum + y, 0) / within.length,
    }));
}

/** Of how many means a trace of `count` points is made, at most `most`: each of five points or more; 0 for too few. */
export function tracePoints(count: number, most: number): number {
  const parts = Math.min(most, Math.floor(count / 5));
  return parts < 2 ? 0 : parts;
}

/** The axes of a projection, with the share of the variance that each holds. */
export function componentAxes(
  points: readonly { x: number; y: number }[],
  explained: readonly [number, number],
  widthPx: number,
): Pick<Plot.PlotOptions, "x" | "y" | "height"> {
  const axis = (name: string, share: number, values: number[]) => ({
    domain: paddedDomain(values),
    label: `${name} component, ${formatPercent(share)} of the variance`,
    labelArrow: "none" as const,
    ticks: 4,
  });
  return {
    height: isNarrow(widthPx) ? 300 : 420,
    x: axis("first", explained[0], points.map(({ x }) => x)),
    y: axis("second", explained[1], points.map(({ y }) => y)),
  };
}

/** The sampled architectures seen along the two directions in which they differ most, by time. */
export function architectureProjection(data: ReportData): Figure {
  const figure = { id: "architecture-projection", title: "Where the search went" };
  const { space } = data;
  const trials = data.trials.filter(({ role }) => role === "search").sort((a, b) => a.number - b.number);
  if (space === null || trials.length < FEWEST) {
    const content = `A map of the sampled architectures needs at least ${FEWEST} of them.`;
    return { ...figure, caption: "", legend: [], content };
  }
  const counts = space.decisions.map(({ choices }) => choices.length);
  const projected = projectOnPlane(trials.map(({ tokens }) => oneHot(tokens, counts)));
  if (projected === null) {
    return { ...figure, caption: "", legend: [], content: "All sampled architectures made the same choices." };
  }
  const best = bestTrial(data.trials);
  const points = projected.points.map((point, i) => ({
    ...point,
    name: trialName(trials[i]),
    part: Math.min(PARTS.length - 1, Math.floor(i * PARTS.length / trials.length)),
    best: trials[i] === best,
  }));
  const trace = traceOf(points, tracePoints(points.length, TRACE_POINTS));
  const legend: [LegendSign, string][] = PARTS.map((part, series) => [{ series, as: "mark" }, part]);
  if (best) legend.push(["chosen", "best reward"]);
  if (trace.length > 0) legend.push(["trace", "mean over time, ending at the ring"]);

  return {
    ...figure,
    caption:
      "Each mark is a sampled architecture, its choices as numbers (one-hot), projected on their first two principal " +
      "components; marks that are near have more choices in common.",
    legend,
    table: {
      head: ["part", "students", "mean, first component", "mean, second component"],
      rows: PARTS.map((name, part) => {
        const within = points.filter((point) => point.part === part);
        const [mean] = traceOf(within, 1);
        return [name, String(within.length), mean.x.toFixed(2), mean.y.toFixed(2)];
      }),
    },
    content: (widthPx) => [{
      ...MARGINS,
      ...componentAxes(points, projected.explained, widthPx),
      marks: [
        Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
        PARTS.map((_, part) =>
          Plot.dot(points.filter((point) => point.part === part), {
            x: "x",
            y: "y",
            r: 3.5,
            symbol: seriesSymbol(part),
            fill: seriesColour(part),
            fillOpacity: 0.7,
            title: ({ name, part }) => `${name}, ${PARTS[part]}`,
            className: "architectures",
          })
        ),
        Plot.line(trace, { x: "x", y: "y", stroke: COLOURS.page, strokeWidth: 4, className: "trace-edge" }),
        Plot.line(trace, { x: "x", y: "y", stroke: COLOURS.ink, strokeWidth: 1.5, className: "trace" }),
        Plot.dot(trace.slice(-1), { x: "x", y: "y", r: 4, fill: COLOURS.page, stroke: COLOURS.ink, strokeWidth: 1.5 }),
        Plot.dot(points.filter((point) => point.best), {
          x: "x",
          y: "y",
          r: 7,
          stroke: COLOURS.ink,
          strokeWidth: 1.5,
          title: ({ name }) => `${name}, best reward`,
          className: "best",
        }),
      ],
    }],
  };
}
