// A table for terminals without a frame: one rule under the head, and columns that give way where the window is narrow.
import Table from "cli-table3";
import { displayWidth, truncateToWidth } from "./text_width.ts";

export interface TableColumn<Row> {
  head: string;
  cell: (row: Row) => string;
  align?: "left" | "right";
  /** When room is short, the column with the highest number goes first; 0 stays. */
  dropOrder: number;
}

const frame = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
  ].map((part) => [part, ""]),
);

/** The lines of a table that is at most `width` columns wide: head, rule, then one line per row. */
export function plainTable<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  const widthOf = ({ head, cell }: TableColumn<Row>) =>
    2 + Math.max(displayWidth(head), ...rows.map((row) => displayWidth(cell(row))));
  let kept = [...columns];
  const total = () => kept.reduce((sum, column) => sum + widthOf(column), 0);
  while (total() > width) {
    const droppable = kept.filter(({ dropOrder }) => dropOrder > 0);
    if (droppable.length === 0) break;
    const dropped = droppable.reduce((a, b) => (b.dropOrder > a.dropOrder ? b : a));
    kept = kept.filter((column) => column !== dropped);
  }
  const table = new Table({
    head: kept.map(({ head }) => head),
    colWidths: kept.map(widthOf),
    colAligns: kept.map(({ align = "left" }) => align),
    style: { head: [], border: [], "padding-left": 1, "padding-right": 1 },
    chars: frame,
  });
  for (const row of rows) table.push(kept.map(({ cell }) => cell(row)));
  const [head, ...lines] = table.toString().split("\n").map((line) => truncateToWidth(line.trimEnd(), width));
  return [head, "─".repeat(Math.min(width, total())), ...lines];
}
