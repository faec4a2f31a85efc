// Rows of which nothing may be left out, however narrow the window: a table where there is room for one, else entries.
import { plainTable, type TableColumn } from "./plain_table.ts";
import { displayWidth, plainText, wrapWords } from "./text_width.ts";

export type ListColumn<Row> = Omit<TableColumn<Row>, "dropOrder">;

/** A cell that says nothing, which entries leave out. */
export const NOTHING = "–";

const INDENT = 5;

/** A row as name and meaning, then what else is known of it. */
function entry<Row>([name, meaning, ...others]: readonly ListColumn<Row>[], row: Row, width: number): string[] {
  const facts = others.map(({ head, cell }) => [head, cell(row)]).filter(([, text]) => text !== NOTHING);
  const wrap = (text: string) => text === "" ? [] : wrapWords(plainText(text), width - INDENT);
  const [first, ...rest] = [
    ...wrap(`${name.cell(row)}: ${meaning.cell(row)}`),
    ...wrap(facts.map(([head, text]) => `${head}: ${text}`).join("; ")),
  ];
  return [` ${first}`, ...rest.map((line) => " ".repeat(INDENT) + line)];
}

/**
 * The lines of a list: a table where `width` has room for all of it, else entries of two lines or more, wrapped. The
 * first column is a row's name, the second what it means.
 */
export function plainList<Row>(columns: readonly ListColumn<Row>[], rows: readonly Row[], width: number): string[] {
  const table = plainTable(columns.map((column) => ({ ...column, dropOrder: 0 })), rows, Infinity);
  if (table.every((line) => displayWidth(line) <= width)) return table;
  return rows.flatMap((row) => entry(columns, row, width));
}
