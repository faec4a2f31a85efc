// The figures of a comparison: one line or cloud per run.
import * as Plot from "@observablehq/plot";
import { formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import { frontOverTime } from "../../front_over_time.ts";
import { paretoFront } from "../../pareto.ts";
import {
  accuracyAxis,
  formatPercentTick,
  latencyAxis,
  latencyTicks,
  paddedDomain,
  trialAxis,
} from "../figures/axes.ts";
import { COLOURS, type Figure, isNarrow, MARGINS } from "../figures/figure.ts";
import { frontSteps, meanBestAccuracy } from "../figures/front_over_time.ts";
import { runningBest } from "../figures/over_trials.ts";
import { dashOf } from "../figures/signs.ts";
import { seriesColour, seriesSymbol } from "../palette.ts";
import { latencyUnit } from "../report_data.ts";
import { trialName } from "../student_points.ts";
import { whyIncomparable, whyOtherRewards } from "./comparable.ts";
import { commonReference, commonUnit, type ComparedRun } from "./compared_run.ts";

type Point = { x: number; y: number };

function legendOf(runs: readonly ComparedRun[], as: "line" | "mark"): Figure["legend"] {
  return runs.map(({ label, series }) => [{ series, as }, label]);
}

function lineOf(points: readonly Point[], series: number, curve: "linear" | "step-after"): Plot.Markish {
  return Plot.line(points, {
    x: "x",
    y: "y",
    curve,
    stroke: seriesColour(series),
    strokeWidth: 1.9,
    strokeDasharray: dashOf(series) ?? undefined,
    className: "run",
  });
}

/** `caption` and, where the runs do not compare, that they do not and why. */
export function warned(caption: string, runs: readonly ComparedRun[]): string {
  const reason = whyIncomparable(runs);
  return reason === null ? caption : `${caption} These runs do not compare: ${reason}.`;
}

/** The front of each run, one over the other. */
export function comparedFronts(runs: readonly ComparedRun[]): Figure {
  const figure = { id: "fronts", title: "Fronts" };
  const drawn = runs.filter(({ completed }) => completed.length > 0)
    .map((run) => ({ run, front: paretoFront(run.completed) }));
  if (drawn.length === 0) return nothing(figure, "No run has completed a student yet.");
  const unit = commonUnit(runs);
  const all = drawn.flatMap(({ run }) => run.completed);
  const latency = paddedDomain(all.map(({ latencyMs }) => latencyMs), { low: 0 });
  const accuracy = paddedDomain(drawn.flatMap(({ front }) => front.map((one) => one.accuracy)), { low: 0, high: 1 });
  return {
    ...figure,
    caption: warned("Up and to the left is better: the best accuracy of each run within each latency.", runs),
    legend: legendOf(drawn.map(({ run }) => run), "mark"),
    table: {
      head: [
        "run",
        "students on the front",
        `fastest, ${unit}`,
        "its accuracy",
        "most accurate",
        `its latency, ${unit}`,
      ],
      rows: drawn.map(({ run, front }) => {
        const [fastest, slowest] = [front[0], front[front.length - 1]];
        return [
          run.label,
          String(front.length),
          formatMilliseconds(fastest.latencyMs),
          formatPercent(fastest.accuracy),
          formatPercent(slowest.accuracy),
          formatMilliseconds(slowest.latencyMs),
        ];
      }),
    },
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 300 : 400,
      ...MARGINS,
      x: latencyAxis(latency, widthPx, unit),
      y: accuracyAxis(accuracy, 6),
      marks: [
        Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: latencyTicks(widthPx) }),
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 6 }),
        drawn.map(({ run, front }) => [
          lineOf(
            frontSteps(front, accuracy[0], latency[1]).map(({ latencyMs, accuracy }) => ({
              x: latencyMs,
              y: accuracy,
            })),
            run.series,
            "step-after",
          ),
          Plot.dot(front, {
            x: "latencyMs",
            y: "accuracy",
            r: 4,
            symbol: seriesSymbol(run.series),
            fill: seriesColour(run.series),
            stroke: COLOURS.page,
            title: (trial) =>
              `${run.label}, ${trialName(trial)}: ${formatPercent(trial.accuracy)}, ${
                formatMilliseconds(trial.latencyMs)
              } ${latencyUnit(run.data)}`,
            className: "front",
          }),
        ]),
      ],
    }],
  };
}

function nothing(figure: Pick<Figure, "id" | "title">, content: string): Figure {
  return { ...figure, caption: "", legend: [], content };
}

/**
 * A rising line without the first values that lie below what every line reached after a tenth of its trials: the few first
 * samples would squeeze what all the others differ in.
 */
function withoutStart(points: readonly Point[], lines: readonly { points: readonly Point[] }[]): readonly Point[] {
  const low = Math.min(...lines.map((line) => line.points[Math.floor(line.points.length / 10)].y));
  return points.filter(({ y }) => y >= low);
}

/** One line per run over trials. */
function overTrials(
  figure: Pick<Figure, "id" | "title" | "caption" | "table">,
  lines: readonly { run: ComparedRun; points: readonly Point[] }[],
  y: { label: string; tickFormat?: (value: number) => string; curve: "linear" | "step-after" },
): Figure {
  const { curve, label, tickFormat } = y;
  const shown = curve === "linear"
    ? lines
    : lines.map((line) => ({ ...line, points: withoutStart(line.points, lines) }));
  const all = shown.flatMap(({ points }) => points);
  const isCut = shown.some(({ points }, i) => points.length < lines[i].points.length);
  return {
    ...figure,
    caption: isCut ? `${figure.caption} The very first students are below the frame.` : figure.caption,
    legend: legendOf(lines.map(({ run }) => run), "line"),
    content: (widthPx) => [{
      height: isNarrow(widthPx) ? 230 : 280,
      ...MARGINS,
      x: trialAxis(all.reduce((last, { x }) => Math.max(last, x), 1), widthPx),
      y: { domain: paddedDomain(all.map((point) => point.y)), label, labelArrow: "none", tickFormat, ticks: 5 },
      marks: [
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 5 }),
        ...shown.map(({ run, points }) => lineOf(points, run.series, curve)),
      ],
    }],
  };
}

/** Targets that the reference network gave agree only nearly. */
function measuredTargets(runs: readonly ComparedRun[]): string {
  const counted = runs.filter(({ data }) => !data.reward.isAccuracyAlone);
  const lists = new Set(
    counted.map(({ data }) => data.devices.map(({ targetMs }) => formatMilliseconds(targetMs)).join(", ")),
  );
  lists.delete("");
  return lists.size > 1
    ? ` Each run's target is what the reference network took in it: ${[...lists].join(", ")} ms.`
    : "";
}

/** The best reward so far against trials; none where rewards have no common scale. */
export function comparedRewards(runs: readonly ComparedRun[]): Figure {
  const figure = { id: "best-reward", title: "Best reward against trials" };
  const differences = whyOtherRewards(runs);
  if (differences !== null) return nothing(figure, `The runs have ${differences}: their rewards have no common scale.`);
  const lines = runs.filter(({ completed }) => completed.length > 0).map((run) => {
    const bests = runningBest(run.completed.map(({ reward }) => reward));
    const points = run.completed.map(({ number }, i) => ({ x: number, y: bests[i] }));
    // What came after the last student of its own, for instance repetitions, left the best as it was.
    const last = run.data.trials.filter(({ role, state }) => role === "search" && state !== "pending")
      .reduce((highest, { number }) => Math.max(highest, number), 0);
    return { run, points: [...points, { x: last, y: points[points.length - 1].y }] };
  });
  if (lines.length === 0) return nothing(figure, "No run has completed a student yet.");
  const caption = "A line that is higher further to the left needed fewer samples." + measuredTargets(runs);
  const table = {
    head: ["run", "trials", "best reward", "found by trial"],
    rows: lines.map(({ run }) => [
      run.label,
      String(run.completed.length),
      run.best?.reward.toFixed(3) ?? "–",
      String(run.best?.number ?? "–"),
    ]),
  };
  return overTrials({ ...figure, caption: warned(caption, runs), table }, lines, {
    label: "best reward so far",
    curve: "step-after",
  });
}

/** The hypervolume of each run against trials, by one reference. */
export function comparedHypervolumes(runs: readonly ComparedRun[]): Figure {
  const figure = { id: "hypervolume", title: "Hypervolume against trials" };
  const reference = commonReference(runs);
  if (reference === undefined) return nothing(figure, "No run has completed a student yet.");
  const lines = runs.map((run) => ({
    run,
    points: frontOverTime(run.data.trials, reference).filter(({ front }) => front.length > 0)
      .map(({ hypervolume, trial }) => ({ x: trial, y: meanBestAccuracy(hypervolume, reference) })),
  })).filter(({ points }) => points.length > 0);
  const caption =
    "The best accuracy within a latency, as a mean over all latencies from 0 to that of the slowest student " +
    `of any run, ${formatMilliseconds(reference.latencyMs)} ${commonUnit(runs)}.`;
  const table = {
    head: ["run", "at the end"],
    rows: lines.map(({ run, points }) => [run.label, formatPercent(points[points.length - 1].y)]),
  };
  return overTrials({ ...figure, caption: warned(caption, runs), table }, lines, {
    label: "mean best accuracy (hypervolume)",
    tickFormat: formatPercentTick,
    curve: "step-after",
  });
}

/** The entropy of each policy against trials, where a run's controller has one; null where none has. */
export function comparedEntropies(runs: readonly ComparedRun[]): Figure | null {
  const lines = runs.map((run) => {
    const lastOf = new Map<number, number>();
    for (const { batch, number, role } of run.data.trials) {
      if (role === "search") lastOf.set(batch, Math.max(number, lastOf.get(batch) ?? 0));
    }
    const points = run.data.updates.flatMap(({ batch, statistics: { entropy } }) => {
      const x = lastOf.get(batch);
      return x === undefined || !Number.isFinite(entropy) ? [] : [{ x, y: entropy }];
    });
    return { run, points };
  }).filter(({ points }) => points.length >= 2);
  if (lines.length === 0) return null;
  const caption =
    "How undecided each policy is: it falls as a policy makes up its mind. Only controllers with a policy " +
    "have it.";
  const table = {
    head: ["run", "after the first batch", "at the end"],
    rows: lines.map(({ run, points }) => [
      run.label,
      points[0].y.toPrecision(3),
      points[points.length - 1].y.toPrecision(3),
    ]),
  };
  return overTrials({ id: "entropy", title: "Entropy of the policies", caption, table }, lines, {
    label: "entropy",
    curve: "linear",
  });
}
