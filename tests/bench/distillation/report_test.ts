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
  const order = texts.filter((text) => methods.includes(text ?? ""));
  // The control is the line at zero, not a row.
  assertEquals(order, ["fitnets", "kd+attention", "none"]);
  assertStringIncludes(svg, "prefers-color-scheme: dark");
  assertStringIncludes(svg, "cifar10, mobile");
  assert(document.querySelectorAll("line").length >= 3);
  assertThrows(() => figureOf({ settings: [], overall: [] }), RangeError);
});

Deno.test("the text says which methods were better, and that no difference found is no proof of equality", () => {
  const text = markdownOf({
    summary: summaryOf(records),
    costs: [],
    date: "2026-02-03T04:05:06Z",
    figure: "figure.svg",
    machine: "a machine",
    planned: 30,
    recipe: fullRecipe,
    teachers: { cifar10: [{ testAccuracy: 0.75 }] },
  });
  assertStringIncludes(text, "24 of 30 trainings");
  assertStringIncludes(text, "no proof of equality");
  assertStringIncludes(text, "![Accuracy of every method minus that of kd, with intervals](figure.svg)");
  assertStringIncludes(text, "| fitnets | 6 |");
  assertStringIncludes(text, "## cifar10, mobile student");
});
