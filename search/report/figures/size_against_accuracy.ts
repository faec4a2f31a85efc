import * as Plot from "@observablehq/plot";
import { formatPercent } from "../../../src/cli/format.ts";
import type { Trial } from "../../../src/schemas/trial.ts";
import { paretoFront } from "../../pareto.ts";
import type { ReportData } from "../report_data.ts";
import { trialName } from "../student_points.ts";
import { accuracyAxis, paddedDomain } from "./axes.ts";
import { COLOURS, type Figure, isNarrow, type LegendSign, MARGINS, type Panel } from "./figure.ts";
import { definedOf, LIMIT_RULE } from "./limits.ts";

type Trained = Trial & { accuracy: number };

/** Bytes as people read them: "96.3 kB", "1.20 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [scaled, unit] = bytes < 999_500 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)} ${unit}`;
}

const SIZES = [
  { key: "memoryBytes", what: "memory at work" },
  { key: "downloadBytes", what: "download" },
] as const;

/** The trained trials that no smaller one matches, smallest first. */
function smallestFront(trials: readonly Trained[], key: typeof SIZES[number]["key"]): Trained[] {
  return paretoFront(trials.map((trial) => ({ trial, accuracy: trial.accuracy, latencyMs: trial[key] })))
    .map(({ trial }) => trial);
}

/** Memory and download size against accuracy, each with its own front and limit. */
export function sizeAgainstAccuracy(data: ReportData): Figure {
  const figure = { id: "size-against-accuracy", title: "Memory and download against accuracy" };
  const trained = data.trials.filter((trial): trial is Trained =>
    trial.state === "completed" && trial.accuracy !== undefined && trial.duplicateOf === undefined
  );
  if (trained.length === 0) {
    return { ...figure, caption: "", legend: [], content: "No student has been trained yet." };
  }
  const students = trained.filter(({ role }) => role === "search");
  const baselines = trained.filter(({ role }) => role === "baseline");
  const infeasible = data.trials.filter(({ duplicateOf, state }) =>
    state === "infeasible" && duplicateOf === undefined
  );
  const accuracyDomain = paddedDomain(trained.map(({ accuracy }) => accuracy), { low: 0, high: 1 });
  const fronts = SIZES.map(({ key }) => smallestFront(students, key));
  const isLimited = SIZES.some(({ key }) => data.limits[key] !== undefined);

  const panel = (widthPx: number, { key, what }: typeof SIZES[number], front: readonly Trained[]): Panel => {
    const limits = definedOf(data.limits[key]);
    const domain = paddedDomain([...trained, ...infeasible].map((trial) => trial[key]).concat(limits), { low: 0 });
    const describe = (trial: Trained) =>
      `${trialName(trial)}: ${formatPercent(trial.accuracy)}, ${formatBytes(trial[key])}`;
    const steps = front.length === 0 ? [] : [...front, { ...front[front.length - 1], [key]: domain[1] }];
    return {
      height: isNarrow(widthPx) ? 270 : 320,
      ...MARGINS,
      x: { domain, label: what, labelArrow: "none", tickFormat: formatBytesTick, ticks: 4 },
      y: accuracyAxis(accuracyDomain, 5),
      marks: [
        Plot.gridX({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }),
        Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 5 }),
        Plot.ruleX(limits, LIMIT_RULE),
        Plot.line(steps, {
          x: key,
          y: "accuracy",
          curve: "step-after",
          stroke: COLOURS.front,
          strokeWidth: 1.5,
          className: "front-line",
        }),
        Plot.dot(infeasible, {
          x: key,
          y: accuracyDomain[0],
          dy: -7,
          r: 3.5,
          symbol: "times",
          stroke: COLOURS.baseline,
          title: (trial) => `${trialName(trial)}: ${formatBytes(trial[key])}, infeasible`,
          className: "infeasible",
        }),
        Plot.dot(students.filter((trial) => !front.includes(trial)), {
          x: key,
          y: "accuracy",
          r: 3,
          fill: COLOURS.student,
          fillOpacity: 0.75,
          title: describe,
          className: "students",
        }),
        Plot.dot(baselines, {
          x: key,
          y: "accuracy",
          r: 5,
          symbol: "diamond",
          fill: COLOURS.baseline,
          stroke: COLOURS.page,
          title: describe,
          className: "baselines",
        }),
        Plot.dot(front, {
          x: key,
          y: "accuracy",
          r: 4.5,
          fill: COLOURS.front,
          stroke: COLOURS.page,
          title: describe,
          className: "front",
        }),
      ],
    };
  };

  const legend: [LegendSign, string][] = [];
  if (students.length > 0) legend.push(["front", "no smaller student is as accurate"], ["student", "other student"]);
  if (baselines.length > 0) legend.push(["baseline", "baseline"]);
  if (infeasible.length > 0) legend.push(["infeasible", "infeasible, not trained (at the foot)"]);
  if (isLimited) legend.push(["limit", "hard limit"]);
  return {
    ...figure,
    caption:
      "Memory at work: the most that weights and activations of one image take at one time. Download: the weights " +
      "as deployed. Both without the runtime.",
    legend,
    paired: true,
    table: {
      head: ["network", ...SIZES.map(({ what }) => what), "accuracy", "on the front of"],
      rows: [...trained, ...infeasible].sort((a, b) => a.memoryBytes - b.memoryBytes).map((trial) => [
        trialName(trial),
        ...SIZES.map(({ key }) => formatBytes(trial[key])),
        trial.accuracy === undefined ? "infeasible" : formatPercent(trial.accuracy),
        SIZES.filter((_, i) => fronts[i].some((one) => one === trial)).map(({ what }) => what).join(", ") || "–",
      ]),
    },
    content: (widthPx) => SIZES.map((size, i) => panel(widthPx, size, fronts[i])),
  };
}

/** Bytes as a tick: "80 kB", "1.2 MB". */
function formatBytesTick(bytes: number): string {
  return bytes < 1e6 ? `${Number((bytes / 1e3).toFixed(1))} kB` : `${Number((bytes / 1e6).toFixed(2))} MB`;
}
