import { plainTable, type TableColumn } from "../../src/cli/plain_table.ts";
import { truncateToWidth, wrapWords } from "../../src/cli/text_width.ts";
import { formatCount, formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import type { ReportData } from "./report_data.ts";
import { noStudent, type RowLatency, type StudentRow, studentRows } from "./student_rows.ts";

export interface TableOptions {
  /** Width of the terminal in columns; the table is never wider. */
  columns: number;
  /** Emphasise the best student with escape codes. Off for pipes and where NO_COLOR is set. */
  colour: boolean;
}

type Column = TableColumn<StudentRow>;

const NONE = "–";
const NAME_COLUMNS = 20;
const LEGEND = [
  ["●", "● on the front"],
  ["✗", "✗ breaks a limit"],
  ["", "best: highest reward"],
  ["", "val.: validation accuracy"],
  ["", "±: 95 % interval"],
] as const;

function orNone<T>(value: T | null | undefined, format: (value: T) => string): string {
  return value === null || value === undefined ? NONE : format(value);
}

function latencyCell(latency: RowLatency | null): string {
  return orNone(latency, ({ latencyMs }) => formatMilliseconds(latencyMs));
}

/** Half the width of the interval, on its wider side. */
function intervalCell(latency: RowLatency | null): string {
  if (!latency) return NONE;
  const [lowMs, highMs] = latency.interval;
  return `±${formatMilliseconds(Math.max(highMs - latency.latencyMs, latency.latencyMs - lowMs))}`;
}

function markCell({ onFront, best, brokenLimit }: StudentRow): string {
  return `${onFront ? "●" : brokenLimit === null ? " " : "✗"}${best ? " best" : ""}`.trimEnd();
}

function columnsOf(data: ReportData, rows: readonly StudentRow[]): Column[] {
  const latencies = data.devices.length === 1
    ? [
      { head: "ms", cell: ({ latencies }: StudentRow) => latencyCell(latencies[0]), dropOrder: 0 },
      { head: "95 %", cell: ({ latencies }: StudentRow) => intervalCell(latencies[0]), dropOrder: 5 },
    ]
    : data.devices.map(({ name }, index) => ({
      head: `ms ${truncateToWidth(name, 10)}`,
      cell: ({ latencies }: StudentRow) => latencyCell(latencies[index]),
      // The first device stays; of the others the last goes first.
      dropOrder: index === 0 ? 0 : 6 + index,
    }));
  const columns: Column[] = [
    { head: "network", cell: ({ name }) => truncateToWidth(name, NAME_COLUMNS), dropOrder: 0 },
    { head: "", cell: markCell, dropOrder: 2 },
    ...latencies,
    { head: "val.", cell: ({ accuracy }) => orNone(accuracy, formatPercent), dropOrder: 0 },
    { head: "test", cell: ({ testAccuracy }) => orNone(testAccuracy, formatPercent), dropOrder: 1 },
    { head: "reward", cell: ({ reward }) => orNone(reward, (value) => value.toFixed(3)), dropOrder: 3 },
    { head: "params", cell: ({ parameters }) => orNone(parameters, formatCount), dropOrder: 4 },
    { head: "MAdds", cell: ({ multiplyAdds }) => orNone(multiplyAdds, formatCount), dropOrder: 6 },
  ];
  return columns.filter(({ head }) => head !== "test" || rows.some(({ testAccuracy }) => testAccuracy !== null));
}

/**
 * The final table for a terminal: front, baselines, finally trained students and the teachers, fastest first.
 * Drops columns where the terminal is narrow; without a single row it is one sentence. Ends without a newline.
 */
export function renderTable(data: ReportData, options: TableOptions): string {
  const rows = studentRows(data);
  if (rows.every(({ kind }) => kind === "teacher")) return `${noStudent(data)}.`;
  const columns = columnsOf(data, rows).map((column): Column => ({
    ...column,
    align: column.head === "network" || column.head === "" ? "left" : "right",
  }));
  const [head, rule, ...lines] = plainTable(columns, rows, options.columns);
  const emphasised = lines.map((line, i) => (options.colour && rows[i].best ? `\x1b[1m${line}\x1b[22m` : line));
  // The marks are among the last to go.
  const hasMark = (mark: string) => lines.some((line) => line.includes(mark));
  const meanings = LEGEND.filter(([mark]) => hasMark(mark)).map(([, meaning]) => meaning).join("; ");
  const legend = hasMark("●") ? wrapWords(meanings, options.columns - 1).map((line) => ` ${line}`) : [];
  return [head, rule, ...emphasised, ...legend].join("\n");
}
