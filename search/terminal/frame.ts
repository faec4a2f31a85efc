// One picture of the live view: pure text from a state, cut to the size of the terminal.
import { bestTrials, completedTrials } from "../completed_trials.ts";
import { paretoFront } from "../pareto.ts";
import { formatDuration, formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import { targetName } from "../report/report_data.ts";
import type { RunState } from "./run_state.ts";
import { renderScatter, type ScatterPoint } from "./scatter.ts";
import { displayWidth, truncateToWidth } from "../../src/cli/text_width.ts";
import { progressWords, timeLeftWords, trialCounts, trialFigures, trialHeading, trialOutcome } from "./words.ts";

export interface FrameOptions {
  columns: number;
  rows: number;
  nowMs: number;
}

/** A group of lines; where rows are short, the group with the lowest priority is left out first. */
interface Group {
  priority: number;
  lines: string[];
}

const LABEL_COLUMNS = 9;
const FRONT_LIST_LENGTH = 5;
const SCATTER_ROWS = 7;

/** The current picture: at most `rows - 1` lines (the last row is the cursor's), none wider than `columns - 1`. */
export function renderFrame(state: RunState, options: FrameOptions): string[] {
  const width = Math.max(1, options.columns - 1);
  const height = Math.max(1, options.rows - 1);
  const groups: Group[] = [
    // A first line that never changes: log-update then rewrites the lines that did, and not the whole picture.
    { priority: 1, lines: [""] },
    { priority: 7, lines: [titleLine(state, width, options.nowMs)] },
    { priority: 9, lines: phaseLines(state, width, options.nowMs) },
    { priority: 6, lines: bestLines(state) },
    { priority: 3, lines: lastLines(state) },
    { priority: 8, lines: deviceLines(state, true) },
    { priority: 4, lines: deviceLines(state, false) },
    { priority: 4, lines: state.trainers.map((activity, i) => labelled(`trainer ${i + 1}`, activity)) },
    { priority: 5, lines: frontLines(state) },
    { priority: 2, lines: scatterLines(state, width) },
  ];
  let kept = groups.filter(({ lines }) => lines.length > 0);
  const count = () => kept.reduce((sum, { lines }) => sum + lines.length, 0);
  while (count() > height && kept.length > 1) {
    const least = kept.reduce((a, b) => (b.priority < a.priority ? b : a));
    kept = kept.filter((group) => group !== least);
  }
  return kept.flatMap(({ lines }) => lines).slice(0, height).map((line) => truncateToWidth(line, width));
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(LABEL_COLUMNS)} ${text}`;
}

function titleLine(state: RunState, width: number, nowMs: number): string {
  const elapsed = formatDuration((nowMs - state.startedMs) / 1000);
  const name = truncateToWidth(`Nacre ${state.run}`, Math.max(1, width - elapsed.length - 1));
  return name + elapsed.padStart(width - displayWidth(name));
}

function phaseLines(state: RunState, width: number, nowMs: number): string[] {
  if (state.phase === null) return ["starting"];
  const { name, message } = state.phase;
  const { progress } = state;
  if (progress === null || progress.total <= 0) return [labelled(name, message)];
  const left = timeLeftWords(progress, nowMs);
  const words = [name === "search" ? trialCounts(state) : progressWords(progress), left].filter(Boolean).join(", ");
  const room = width - LABEL_COLUMNS - 2 - displayWidth(words);
  const barColumns = Math.min(30, room);
  return [labelled(name, barColumns >= 6 ? `${bar(progress.done / progress.total, barColumns)} ${words}` : words)];
}

function bar(share: number, columns: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return "█".repeat(filled) + "░".repeat(columns - filled);
}

function bestLines(state: RunState): string[] {
  const [best] = bestTrials(state.trials.filter(({ role }) => role === "search"), 1);
  if (!best) return [];
  const targets = state.targets.map(({ targetMs }) => formatMilliseconds(targetMs)).join(", ");
  return [
    labelled(
      "best",
      `${trialFigures(best)} (trial ${best.number}${targets && `; ${targetName(state)} ${targets} ms`})`,
    ),
  ];
}

function lastLines(state: RunState): string[] {
  const last = state.trials[state.trials.length - 1];
  return last ? [labelled("last", `${trialHeading(last, state)}: ${trialOutcome(last)}`)] : [];
}

function deviceLines({ devices }: RunState, waiting: boolean): string[] {
  return devices.filter(({ activity, waits }) => activity !== "" && waits === waiting)
    .map(({ activity, device }) => labelled(truncateToWidth(device, LABEL_COLUMNS), activity));
}

function frontOf(state: RunState) {
  return paretoFront(completedTrials(state.trials).filter(({ role }) => role === "search"));
}

/** The front, or its most accurate part where it is long. */
function frontLines(state: RunState): string[] {
  const front = frontOf(state);
  const shown = front.slice(-FRONT_LIST_LENGTH).reverse();
  return shown.map(({ accuracy, latencyMs, number }, i) => {
    const more = i === shown.length - 1 && front.length > shown.length
      ? `  and ${front.length - shown.length} faster`
      : "";
    const figures = `${formatPercent(accuracy)} ${formatMilliseconds(latencyMs).padStart(6)} ms`;
    return labelled(i === 0 ? "front" : "", `${figures}  trial ${number}${more}`);
  });
}

function scatterLines(state: RunState, width: number): string[] {
  const completed = completedTrials(state.trials);
  if (completed.length < 3) return [];
  const front = new Set(frontOf(state));
  const signs = { search: "·", baseline: "x" } as const;
  const points: ScatterPoint[] = completed.map((trial) => ({ ...trial, sign: signs[trial.role] }));
  for (const trial of front) points.push({ ...trial, sign: "●" });
  const targetMs = state.targets.length === 1 ? state.targets[0].targetMs : null;
  const plot = renderScatter(points, { columns: Math.min(width, 70), rows: SCATTER_ROWS, targetMs });
  if (plot.length === 0) return [];
  const legend = ["● front", "· other", "x baseline", targetMs === null ? "" : `│ ${targetName(state)}`].filter(Boolean)
    .join("  ");
  return ["", ...plot, `${" ".repeat(LABEL_COLUMNS)}${legend}`];
}
