import { assertEquals } from "@std/assert";
import { type ListColumn, plainList } from "../../../src/cli/plain_list.ts";

interface Row {
  name: string;
  meaning: string;
  paper: string;
}

const columns: ListColumn<Row>[] = [
  { head: "method", cell: ({ name }) => name },
  { head: "what it does", cell: ({ meaning }) => meaning },
  { head: "paper", cell: ({ paper }) => paper },
  { head: "tasks", cell: () => "all" },
];
const rows = [{ name: "kd", meaning: "softened probabilities", paper: "1503.02531" }, {
  name: "none",
  meaning: "the labels alone",
  paper: "–",
}];

Deno.test("a list is a table where there is room for all of it", () => {
  const table = [
    " method  what it does            paper       tasks",
    "───────────────────────────────────────────────────",
    " kd      softened probabilities  1503.02531  all",
    " none    the labels alone        –           all",
  ];
  assertEquals(plainList(columns, rows, 51), table);
  assertEquals(plainList(columns, rows, Infinity), table);
  assertEquals(plainList(columns, rows, 50)[0], " kd: softened probabilities");
});

Deno.test("in a narrow window each row is an entry, of which nothing is left out but what says nothing", () => {
  assertEquals(plainList(columns, rows, 40), [
    " kd: softened probabilities",
    "     paper: 1503.02531; tasks: all",
    " none: the labels alone",
    "     tasks: all",
  ]);
  assertEquals(plainList(columns, rows, 25).slice(0, 4), [
    " kd: softened",
    "     probabilities",
    "     paper: 1503.02531;",
    "     tasks: all",
  ]);
});
