import * as Plot from "@observablehq/plot";
import { canonicalJson } from "../../../src/schemas/architecture.ts";
import { COLOURS, type Figure, type LegendSign, MARGINS } from "../figures/figure.ts";
import { componentAxes, traceOf, tracePoints } from "../figures/projection.ts";
import { dashOf } from "../figures/signs.ts";
import { seriesColour, seriesSymbol } from "../palette.ts";
import { oneHot, projectOnPlane } from "../principal_components.ts";
import { trialName } from "../student_points.ts";
import type { ComparedRun } from "./compared_run.ts";

/** Points of a run's trace. */
const TRACE_POINTS = 6;
/** Late samples, whose mean stands for where a run ended: this share of them. */
const LATE = 0.25;

/** The architectures of all runs in one projection, shaped by run and coloured by teachers, or by run where all have one; a sentence where their spaces differ. */
export function comparedProjection(runs: readonly ComparedRun[]): Figure {
  const figure = { id: "projection", title: "Where the searches went" };
  const nothing = (content: string): Figure => ({ ...figure, caption: "", legend: [], content });
  const sampled = runs.map((run) => ({
    run,
    trials: run.data.trials.filter(({ role }) => role === "search").sort((a, b) => a.number - b.number),
  })).filter(({ trials }) => trials.length > 0);
  const space = sampled[0]?.run.data.space;
  if (!space) return nothing("No run has sampled an architecture yet.");
  if (new Set(sampled.map(({ run }) => canonicalJson(run.data.space?.decisions))).size > 1) {
    return nothing("The runs searched different spaces: their architectures have no common map.");
  }
  const byTeacher = runs.some(({ colour, series }) => colour !== series);
  const severalTeachers = runs.some(({ data }) => data.teachers.length > 1);
  const counts = space.decisions.map(({ choices }) => choices.length);
  const projected = projectOnPlane(sampled.flatMap(({ trials }) => trials.map(({ tokens }) => oneHot(tokens, counts))));
  if (projected === null) return nothing("All sampled architectures made the same choices.");
  let next = 0;
  const clouds = sampled.map(({ run, trials }) => {
    const points = trials.map((trial, i) => ({
      ...projected.points[next++],
      name: `${run.label}, ${trialName(trial)}`,
      // Early samples are pale.
      opacity: 0.25 + 0.6 * (i + 1) / trials.length,
    }));
    const trace = traceOf(points, tracePoints(points.length, TRACE_POINTS));
    const [end] = traceOf(points.slice(-Math.max(1, Math.round(LATE * points.length))), 1);
    return { run, points, trace, end };
  });
  const legend: [LegendSign, string][] = clouds.map((
    { run },
  ) => [{ series: run.series, as: "mark", colourOf: run.colour }, run.label]);
  if (clouds.some(({ trace }) => trace.length > 0)) {
    legend.push(["trace", "mean over time, ending at the outlined mark"]);
  }

  return {
    ...figure,
    caption:
      "Each mark is a sampled architecture, its choices as numbers (one-hot), on the first two principal components " +
      "of all runs together; early samples are pale. Marks that are near have more choices in common." +
      (byTeacher ? ` A colour is a teacher${severalTeachers ? " or a group of them" : ""}, a shape a run.` : ""),
    legend,
    table: {
      head: ["run", "mean of the last quarter, first component", "second component"],
      rows: clouds.map(({ run, end }) => [run.label, end.x.toFixed(2), end.y.toFixed(2)]),
    },
    content: (widthPx) => [{
      ...MARGINS,
      ...componentAxes(projected.points, projected.explained, widthPx),
      marks: [
        Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
        clouds.map(({ run, points }) =>
          Plot.dot(points, {
            x: "x",
            y: "y",
            r: 3.2,
            symbol: seriesSymbol(run.series),
            fill: seriesColour(run.colour),
            fillOpacity: "opacity",
            title: "name",
            className: "architectures",
          })
        ),
        clouds.map(({ run, trace }) => [
          Plot.line(trace, { x: "x", y: "y", stroke: COLOURS.page, strokeWidth: 5 }),
          Plot.line(trace, {
            x: "x",
            y: "y",
            stroke: seriesColour(run.colour),
            strokeWidth: 2.25,
            strokeDasharray: byTeacher ? dashOf(run.series) ?? undefined : undefined,
            className: "trace",
          }),
          Plot.dot(trace.slice(-1), {
            x: "x",
            y: "y",
            r: 5,
            symbol: seriesSymbol(run.series),
            fill: COLOURS.page,
            stroke: seriesColour(run.colour),
            strokeWidth: 2.25,
          }),
        ]),
      ],
    }],
  };
}
