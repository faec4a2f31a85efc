import * as Plot from "@observablehq/plot";
import type { Trial } from "../../../src/schemas/trial.ts";
import { nameWords } from "../choice_shares.ts";
import type { ReportData } from "../report_data.ts";
import { trialName } from "../student_points.ts";
import { paddedDomain, trialAxis } from "./axes.ts";
import { COLOURS, type Figure, type FigureTable, MARGINS, type Panel } from "./figure.ts";
import { runningBest } from "./over_trials.ts";

/** What a statistic says, for those that controllers share. Others are drawn under their own name. */
const MEANINGS: Readonly<Record<string, string>> = {
  entropy: "entropy falls as the policy makes up its mind",
  divergence: "divergence (KL) is how far an update moved the policy",
  clipFraction: "clip fraction is the share of choices where PPO's clip held an update back",
  explainedVariance: "explained variance is how much of the rewards' spread the critic foresaw",
};

/** One row per batch: the last trial of it, what its students earned, what the controller said. */
interface BatchRow {
  batch: number;
  lastTrial: number;
  meanReward: number | null;
  statistics: Readonly<Record<string, number>>;
}

function batchRows({ trials, updates }: ReportData): BatchRow[] {
  const search = trials.filter(({ role, state }) => role === "search" && state !== "pending");
  const batches = Map.groupBy(search, ({ batch }) => batch);
  return [...batches].sort(([a], [b]) => a - b).map(([batch, members]) => {
    const rewards = members.map(rewardTold).filter((reward) => reward !== null);
    return {
      batch,
      lastTrial: Math.max(...members.map(({ number }) => number)),
      meanReward: rewards.length === 0 ? null : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
      statistics: updates.find((update) => update.batch === batch)?.statistics ?? {},
    };
  });
}

/** What the controller was told of a trial: an infeasible one counts as 0, a failed one not at all. */
function rewardTold({ reward, state }: Trial): number | null {
  return state === "infeasible" ? 0 : state === "failed" ? null : reward ?? null;
}

/** Names of the statistics that have at least two finite values. */
function statisticNames(rows: readonly BatchRow[]): string[] {
  const names = new Set(rows.flatMap(({ statistics }) => Object.keys(statistics)));
  // The first panel shows the rewards themselves.
  names.delete("meanReward");
  return [...names].filter((name) => rows.filter(({ statistics }) => Number.isFinite(statistics[name])).length >= 2);
}

function tableOf(rows: readonly BatchRow[], names: readonly string[]): FigureTable {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toPrecision(3);
  return {
    head: ["batch", "up to trial", "mean reward", ...names.map(nameWords)],
    rows: rows.map(({ batch, lastTrial, meanReward, statistics }) => [
      String(batch + 1),
      String(lastTrial),
      number(meanReward),
      ...names.map((name) => number(statistics[name])),
    ]),
  };
}

/** Rewards over trials, and whatever the controller said of itself: entropy and the like, one panel each. */
export function controllerCurves(data: ReportData): Figure {
  const figure = { id: "controller-curves", title: `What the controller learned (${data.controller})` };
  const rewarded = data.trials.filter((trial): trial is Trial & { reward: number } =>
    trial.role === "search" && trial.state === "completed" && trial.reward !== undefined
  ).sort((a, b) => a.number - b.number);
  if (rewarded.length < 2) {
    const content = "Curves over trials need at least two students with a reward.";
    return { ...figure, caption: "", legend: [], content };
  }
  const rows = batchRows(data);
  const names = statisticNames(rows);
  const last = Math.max(...rows.map(({ lastTrial }) => lastTrial));
  const bests = runningBest(rewarded.map(({ reward }) => reward));
  const means = rows.flatMap(({ lastTrial, meanReward }) => meanReward === null ? [] : [{ lastTrial, meanReward }]);

  const panel = (widthPx: number, label: string, values: readonly number[], marks: Plot.Markish[]): Panel => ({
    height: 180,
    ...MARGINS,
    x: trialAxis(last, widthPx),
    y: { domain: paddedDomain(values), label, labelArrow: "none", ticks: 4 },
    marks: [Plot.gridY({ stroke: COLOURS.grid, strokeOpacity: 1, ticks: 4 }), ...marks],
  });
  const rewardPanel = (widthPx: number): Panel =>
    panel(widthPx, "reward", [...rewarded, ...means].map((one) => "reward" in one ? one.reward : one.meanReward), [
      Plot.dot(rewarded, {
        x: "number",
        y: "reward",
        r: 2.5,
        fill: COLOURS.student,
        fillOpacity: 0.75,
        title: (trial) => `${trialName(trial)}: reward ${trial.reward.toFixed(3)}`,
        className: "rewards",
      }),
      Plot.line(means, {
        x: "lastTrial",
        y: "meanReward",
        stroke: COLOURS.baseline,
        strokeWidth: 1.75,
        strokeDasharray: "5 3",
        className: "mean-reward",
      }),
      Plot.line(rewarded.map(({ number }, i) => ({ number, best: bests[i] })), {
        x: "number",
        y: "best",
        curve: "step-after",
        stroke: COLOURS.front,
        strokeWidth: 1.75,
        className: "best-reward",
      }),
    ]);
  const statisticPanel = (widthPx: number, name: string): Panel => {
    const points = rows.map(({ lastTrial, statistics }) => ({ lastTrial, value: statistics[name] }))
      .filter(({ value }) => Number.isFinite(value));
    return panel(widthPx, nameWords(name), points.map(({ value }) => value), [
      Plot.line(points, {
        x: "lastTrial",
        y: "value",
        stroke: COLOURS.front,
        strokeWidth: 1.75,
        className: "statistic",
      }),
      Plot.dot(points, {
        x: "lastTrial",
        y: "value",
        r: points.length > 30 ? 1.5 : 2.5,
        fill: COLOURS.front,
        title: ({ lastTrial, value }) => `up to trial ${lastTrial}: ${nameWords(name)} ${value.toPrecision(3)}`,
        className: "statistics",
      }),
    ]);
  };
  const meanings = names.flatMap((name) => MEANINGS[name] ?? []).join("; ");

  return {
    ...figure,
    caption: "A controller that learns earns more from batch to batch." +
      (meanings === "" ? "" : ` ${meanings[0].toUpperCase()}${meanings.slice(1)}.`),
    legend: [
      ["student", "a student's reward"],
      ["best", "best so far"],
      ["mean", "mean of a batch as told, infeasible ones as 0"],
    ],
    paired: true,
    table: tableOf(rows, names),
    content: (widthPx) => [rewardPanel(widthPx), ...names.map((name) => statisticPanel(widthPx, name))],
  };
}
