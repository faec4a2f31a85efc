import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseHTML } from "linkedom";
import { renderComparison } from "../../../../search/report/comparison/comparison.ts";
import { comparedRuns, differingRows } from "../../../../search/report/comparison/compared_run.ts";
import type { ReportData } from "../../../../search/report/report_data.ts";
import { fixtureReport, fixtureTrial, fixtureTrials, fixtureUpdates } from "../fixtures.ts";

function open(reports: readonly ReportData[]): Document {
  return parseHTML(renderComparison(reports)).document as unknown as Document;
}

function texts(root: Document | Element, selector: string): string[] {
  return [...root.querySelectorAll(selector)].map(({ textContent }) => (textContent ?? "").replace(/\s+/g, " ").trim());
}

const one = fixtureReport({ run: "one", trials: fixtureTrials(40, 1), updates: fixtureUpdates(10) });
const two = fixtureReport({ run: "two", trials: fixtureTrials(30, 2), controller: "random" });

Deno.test("each run has its line in every figure, its row in the table and its place on the common map", () => {
  const document = open([one, two]);
  const lines = (figure: string) => document.querySelectorAll(`#${figure} .wide .run path`).length;
  assertEquals(["fronts", "best-reward", "hypervolume", "entropy"].map(lines), [2, 2, 2, 1]);
  assertEquals(
    document.querySelectorAll("#projection .wide .architectures path, #projection .wide circle[fill-opacity]").length,
    70,
  );
  assertEquals(texts(document, "#runs tbody th"), ["one", "two"]);
  assertEquals(texts(document, "h1"), ["2 runs compared: one, two"]);
});

Deno.test("hypervolumes are measured by one reference", () => {
  const trial = (number: number, latencyMs: number) => fixtureTrial({ number, latencyMs, accuracy: 0.5 });
  const fast = fixtureReport({ run: "fast", trials: [trial(1, 1)] });
  const slow = fixtureReport({ run: "slow", trials: [trial(1, 1), trial(2, 4)] });
  const document = open([fast, slow]);
  // Half of all images within 1 of the 4 ms: 0.5 * (4 - 1) / 4.
  const column = texts(document, "#runs thead th").indexOf("hypervolume") - 1;
  for (const row of document.querySelectorAll("#runs tbody tr")) assertEquals(texts(row, "td")[column], "37.5 %");
});

Deno.test("runs of different spaces have no common map, and are said to have none", () => {
  const other = { ...two, space: { name: "other", decisions: [{ name: "only", choices: [1, 2] }] } };
  assertStringIncludes(texts(open([one, other]), "#projection .nothing")[0], "different spaces");
});

Deno.test("latencies from different devices are said not to compare", () => {
  const elsewhere = { ...two, devices: [{ ...two.devices[0], description: "another processor" }] };
  assertStringIncludes(texts(open([one, elsewhere]), "#fronts figcaption")[0], "do not compare");
  assert(!texts(open([one, two]), "#fronts figcaption")[0].includes("do not compare"));
});

Deno.test("options that differ are listed, the name of the run left out", () => {
  const options = (report: ReportData, ...rows: [string, string][]) => ({ ...report, configuration: rows });
  const runs = comparedRuns([
    options(one, ["run", "one"], ["seed", "1"], ["reward", "hard"]),
    options(two, ["run", "two"], ["seed", "2"], ["reward", "hard"], ["teachers", "x"]),
  ]);
  assertEquals(differingRows(runs), [["seed", "1", "2"], ["teachers", "–", "x"]]);
});

Deno.test("runs that learned from different teachers are told apart by them", () => {
  const untaught = { ...two, teacher: null };
  assertEquals(comparedRuns([one, untaught]).map(({ label }) => label), [
    "one (teacher: reference x2.0)",
    "two (teacher: none)",
  ]);
});

Deno.test("runs without a trial are compared in sentences", () => {
  const document = open([fixtureReport({ run: "a", state: "running" }), fixtureReport({ run: "b", devices: [] })]);
  assertEquals(document.querySelectorAll("figure svg").length, 0);
  assertEquals(document.querySelectorAll("figure .nothing").length, document.querySelectorAll("figure").length);
});

Deno.test("a run with one trial stands beside a whole one", () => {
  const markup = renderComparison([one, fixtureReport({ run: "b", trials: fixtureTrials(1, 3) })]);
  assert(!markup.includes("NaN") && !markup.includes("Infinity"));
});

Deno.test("one run alone is no comparison", () => {
  assertThrows(() => renderComparison([one]), RangeError, "at least two runs, got 1");
});
