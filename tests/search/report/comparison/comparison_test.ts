import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseHTML } from "linkedom";
import { renderComparison } from "../../../../search/report/comparison/comparison.ts";
import { comparedRuns, differingRows } from "../../../../search/report/comparison/compared_run.ts";
import type { ReportData } from "../../../../search/report/report_data.ts";
import { signMarkup } from "../../../../search/report/figures/signs.ts";
import type { PROTOCOL } from "../../../../src/schemas/measurement.ts";
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

Deno.test("one warning says in what runs differ that cannot be compared, and so do hypervolumes", () => {
  // As a later version would measure.
  const protocol = "nacre/0" as string as typeof PROTOCOL;
  const remeasured = () =>
    two.trials.map((trial) => ({
      ...trial,
      measurements: trial.measurements.map((one) => ({ ...one, protocol })),
    }));
  const cases: [Partial<ReportData>, string][] = [
    [{ devices: [{ ...two.devices[0], description: "another processor" }] }, "different devices"],
    [{ devices: [{ ...two.devices[0], runtime: "tfjs-webgl" }] }, "different runtimes"],
    [{ dataHash: "other data" }, "different data"],
    [{ trials: remeasured(), dataHash: "other data" }, "different measuring protocols and data"],
  ];
  for (const [change, words] of cases) {
    const document = open([one, { ...two, ...change }]);
    const warnings = texts(document, ".warning");
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], words);
    const places = ["#fronts figcaption", "#hypervolume figcaption", "main section .note"];
    for (const place of places) assertStringIncludes(texts(document, place)[0], `do not compare: ${words}.`);
  }
  assert(!renderComparison([one, two]).includes("do not compare"));
  // What a run does not know yet is no difference.
  const begun = fixtureReport({ run: "begun", devices: [], dataHash: null });
  assertEquals(texts(open([one, begun]), ".warning"), []);
});

Deno.test("on the common map a colour is a teacher and a shape a run", () => {
  const teacher = { name: "other", accuracy: 0.9, testAccuracy: null, parameters: null, multiplyAdds: null };
  const runs = [one, { ...two, teacher }, { ...two, run: "three", teacher: one.teacher }];
  const document = open(runs);
  const signs = [...document.querySelectorAll("#projection ul.legend li path")].slice(0, 3);
  const [first, second, third] = signs.map((path) => [path.getAttribute("fill"), path.getAttribute("d")]);
  assertEquals(first[0], third[0]);
  assert(first[0] !== second[0]);
  assertEquals(new Set([first[1], second[1], third[1]]).size, 3);
  const fills = [...document.querySelectorAll("#projection .wide g[aria-label='dot']")]
    .map((group) => group.getAttribute("fill")).filter((fill) => fill?.startsWith("var(--series"));
  assertEquals(new Set(fills), new Set(["var(--series1)", "var(--series2)"]));
  assertStringIncludes(texts(document, "#projection figcaption")[0], "A colour is a teacher");
  assert(!texts(open([one, two]), "#projection figcaption")[0].includes("teacher"));
});

Deno.test("a dozen runs look different, each from each, as marks and as lines", () => {
  for (const as of ["mark", "line"] as const) {
    const signs = Array.from({ length: 12 }, (_, series) => signMarkup({ series, as }));
    assertEquals(new Set(signs).size, 12);
  }
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
