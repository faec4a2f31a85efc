import { assert, assertEquals } from "@std/assert";
import { plainTable, type TableColumn } from "../../../src/cli/plain_table.ts";
import { displayWidth, wrapWords } from "../../../src/cli/text_width.ts";

interface Row {
  name: string;
  ms: number;
}

const columns: TableColumn<Row>[] = [
  { head: "name", cell: ({ name }) => name, dropOrder: 0 },
  { head: "ms", cell: ({ ms }) => String(ms), align: "right", dropOrder: 1 },
  { head: "twice", cell: ({ ms }) => String(2 * ms), align: "right", dropOrder: 2 },
];
const rows = [{ name: "a", ms: 5 }, { name: "longer", ms: 12 }];

Deno.test("a table has a rule under its head and no frame", () => {
  assertEquals(plainTable(columns, rows, 80), [
    " name    ms  twice",
    "───────────────────",
    " a        5     10",
    " longer  12     24",
  ]);
});

Deno.test("where room is short the column with the highest number goes first, then what stays is cut", () => {
  assertEquals(plainTable(columns, rows, 18)[0], " name    ms");
  assertEquals(plainTable(columns, rows, 10)[3], " longer");
  assertEquals(plainTable(columns, rows, 5)[3], " lon…");
  for (let width = 1; width < 30; width++) {
    assert(plainTable(columns, rows, width).every((line) => displayWidth(line) <= width), String(width));
  }
});

Deno.test("a table without rows is its head", () => {
  assertEquals(plainTable(columns, [], 80), [" name  ms  twice", "─────────────────"]);
});

Deno.test("wrapWords() breaks between words and leaves long ones and line breaks as they are", () => {
  assertEquals(wrapWords("one two three", 7), ["one two", "three"]);
  assertEquals(wrapWords("one https://example.org/long x", 8), ["one", "https://example.org/long", "x"]);
  assertEquals(wrapWords("one\n\ntwo three", 20), ["one", "", "two three"]);
  assertEquals(wrapWords("", 5), [""]);
});
