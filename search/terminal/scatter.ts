import { formatMilliseconds, formatPercent } from "../../src/cli/format.ts";

/** A point of the scatter plot; later points are drawn over earlier ones. */
export interface ScatterPoint {
  latencyMs: number;
  accuracy: number;
  /** One column wide. */
  sign: string;
}

const AXIS_COLUMNS = 9;

/**
 * Accuracy against latency in text: `rows` lines of plot and one with the ends of the latency axis, none wider than
 * `columns`. The target is a vertical line. Empty without points, or where there is no room for a picture.
 */
export function renderScatter(
  points: readonly ScatterPoint[],
  options: { columns: number; rows: number; targetMs: number | null },
): string[] {
  const { columns, rows, targetMs } = options;
  const width = columns - AXIS_COLUMNS;
  if (points.length === 0 || width < 16 || rows < 3) return [];
  const latencies = [...points.map(({ latencyMs }) => latencyMs), ...targetMs === null ? [] : [targetMs]];
  const accuracies = points.map(({ accuracy }) => accuracy);
  const low = { ms: Math.min(...latencies), accuracy: Math.min(...accuracies) };
  const high = { ms: Math.max(...latencies), accuracy: Math.max(...accuracies) };
  // Equal values stand in the middle.
  const place = (value: number, lowest: number, highest: number, cells: number) =>
    highest > lowest ? Math.round((value - lowest) / (highest - lowest) * (cells - 1)) : cells >> 1;

  const grid = Array.from({ length: rows }, () => Array<string>(width).fill(" "));
  if (targetMs !== null) {
    const column = place(targetMs, low.ms, high.ms, width);
    for (const line of grid) line[column] = "│";
  }
  for (const { latencyMs, accuracy, sign } of points) {
    grid[rows - 1 - place(accuracy, low.accuracy, high.accuracy, rows)][place(latencyMs, low.ms, high.ms, width)] =
      sign;
  }
  const label = (row: number) =>
    row === 0 ? formatPercent(high.accuracy) : row === rows - 1 ? formatPercent(low.accuracy) : "";
  const plot = grid.map((line, row) => `${label(row).padStart(AXIS_COLUMNS - 2)} ┤${line.join("")}`.trimEnd());
  const first = formatMilliseconds(low.ms);
  const last = `${formatMilliseconds(high.ms)} ms`;
  const gap = Math.max(1, width - first.length - last.length);
  return [...plot, `${" ".repeat(AXIS_COLUMNS)}${first}${" ".repeat(gap)}${last}`];
}
