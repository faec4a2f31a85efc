import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseHTML } from "linkedom";
import { figureOf } from "../../../bench/distillation/figure.ts";
import { fullRecipe } from "../../../bench/distillation/job.ts";
import { markdownOf } from "../../../bench/distillation/markdown.ts";
import type { ResultRecord } from "../../../bench/distillation/records.ts";
import { summaryOf } from "../../../bench/distillation/summary.ts";

const methods = ["none", "kd", "kd+attention", "fitnets"];
const records = ["residual", "mobile"].flatMap((pair) =>
  methods.flatMap((row, method) =>
    [1, 2, 3].map((seed): ResultRecord => ({
      key: `${row}${pair}${seed}`,
      dataset: "cifar10",
      pair,
      row,
      seed,
      type: "trained",
      testAccuracy: 0.5 + 0.01 * method + 0.002 * ((seed * 7 + method * 3) % 5),
      loss: 1,
      steps: 10,
      seconds: 2,
      details: {},
    }))
  )
);

Deno.test("the figure has a row per method, sorted, with intervals, and colours for light and dark pages", () => {
  const svg = figureOf(summaryOf(records));
  const { document } = parseHTML(svg);
  const texts = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
  const order = texts.filter((text) => text !== "kd" && methods.includes(text ?? ""));
  // The control is the line at zero, not a row.
  assertEquals(order, ["fitnets", "kd+attention"]);
  assertEquals(texts.filter((text) => text === "kd" || text?.startsWith("none")), ["none (plain training)", "kd"]);
  assertStringIncludes(svg, "prefers-color-scheme: dark");
  assertStringIncludes(svg, "cifar10, mobile");
  assert(document.querySelectorAll("line").length >= 3);
  assertThrows(() => figureOf({ settings: [], overall: [] }), RangeError);
});

const rows = ["none", "kd", "kd+attention", "fitnets", "pruning"].map((name) => ({
  name,
  method: name,
  teachers: name === "none" ? 0 : 1,
}));

const textOf = (records: ResultRecord[]) =>
  markdownOf({
    summary: summaryOf(records),
    costs: [],
    date: "2026-02-03T04:05:06Z",
    figure: "figure.svg",
    machine: "a machine",
    methods: rows,
    planned: 30,
    recipe: fullRecipe,
    teachers: { cifar10: [{ testAccuracy: 0.75 }] },
  });

const recordsOf = (row: string, other: Partial<Record<"steps" | "code", unknown>>): ResultRecord[] =>
  records.filter((record) => record.row === "fitnets").map((record) => ({ ...record, row, ...other }) as ResultRecord);

Deno.test("the text says what is equal by every method and what is not, from the results", () => {
  const text = textOf([...records, ...recordsOf("pruning", { steps: 24 })]);
  assertEquals(text.includes("same number of steps"), false);
  assertStringIncludes(text, "no whole number of trainings, so of a longer or a shorter one: pruning (24).");
  assertStringIncludes(text, "| fitnets | 6 |");
  assertStringIncludes(text, "| pruning † | 6 |");
  const cells = text.split("\n").filter((line) => line.startsWith("| pruning")).map((line) =>
    line.split(" | ").slice(8)
  );
  assertEquals(cells, Array(3).fill(["1", "24", "2.0 |"]));
  assertEquals(textOf(records).includes("no whole number"), false);
  for (const name of ["fusion", "self-exits", "generalized"]) assertStringIncludes(text, `\`${name}\` (`);
  assertStringIncludes(text, "All seeds share one split, one set of teachers");
});

Deno.test("the text warns of results of several states of the code, and names methods that failed", () => {
  assertEquals(textOf(records).includes("Warning"), false);
  const mixed = textOf([...records, ...recordsOf("pruning", { code: "abc" })]);
  assertStringIncludes(mixed, "several states of the code: not recorded (24 trainings), abc (6 trainings).**");
  const [first, ...others] = recordsOf("pruning", {});
  const { dataset, key, pair, row, seed } = first;
  const failure: ResultRecord = { dataset, key, pair, row, seed, type: "failed", reason: "the loss is NaN", own: true };
  const text = textOf([...records, failure, ...others]);
  assertStringIncludes(
    text,
    "Not in this table, without a result of each of these seeds in every setting: pruning (failed on 1 of 6).",
  );
  assertStringIncludes(text, "failed on 1 of 3: the loss is NaN");
  const once = textOf(records.filter(({ seed }) => seed === 1));
  assertStringIncludes(once, "- Too few seeds to tell: fitnets, kd+attention, none.");
  assertStringIncludes(text, "29 of 30 trainings (1 more failed).");
});

Deno.test("the text says which methods were better, and that no difference found is no proof of equality", () => {
  const text = textOf(records);
  assertStringIncludes(text, "24 of 30 trainings");
  assertStringIncludes(text, "no proof of equality");
  assertStringIncludes(text, "![Accuracy of every method minus that of kd, with intervals](figure.svg)");
  assertStringIncludes(text, "| fitnets | 6 |");
  assertStringIncludes(text, "## cifar10, mobile student");
});
