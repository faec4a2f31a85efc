import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseHTML } from "linkedom";
import { choicesOverTime } from "../../../../search/report/figures/choices.ts";
import { controllerCurves } from "../../../../search/report/figures/controller_curves.ts";
import { type Figure, renderFigure } from "../../../../search/report/figures/figure.ts";
import { frontOverTime, frontSteps } from "../../../../search/report/figures/front_over_time.ts";
import { architectureProjection, traceOf } from "../../../../search/report/figures/projection.ts";
import { proxyAgainstFinal } from "../../../../search/report/figures/proxy_against_final.ts";
import { formatBytes, sizeAgainstAccuracy } from "../../../../search/report/figures/size_against_accuracy.ts";
import { fixtureReport, fixtureTrial, fixtureTrials, fixtureUpdates, fixtureWholeRun } from "../fixtures.ts";

function open(figure: Figure): Document {
  return parseHTML(`<html><body>${renderFigure(figure).markup}</body></html>`).document as unknown as Document;
}

/** Marks of one kind as drawn for a wide page. */
function count(figure: Figure, selector: string): number {
  return open(figure).querySelectorAll(`.wide ${selector}`).length;
}

Deno.test("the front is drawn after each quarter, and its last hypervolume told as a mean accuracy", () => {
  const trials = [[1, 0.5], [2, 0.4], [2, 0.6], [4, 0.7]].map(([latencyMs, accuracy], i) =>
    fixtureTrial({ number: i + 1, latencyMs, accuracy })
  );
  const figure = frontOverTime(fixtureReport({ trials }));
  assertEquals(count(figure, ".moment path"), 4);
  assertEquals(count(figure, ".last-front circle"), 3);
  // Nothing up to 1 ms, 50 % up to 2 ms, 60 % up to 4 ms, over 4 ms.
  assertEquals(figure.table?.rows.at(-1), ["4", "3", "1.00", "70.0 %", "42.5 %"]);
  assertStringIncludes(figure.caption, "4.00 ms");
});

Deno.test("a front is a stepped line from the foot of its fastest student to the edge", () => {
  assertEquals(frontSteps([{ latencyMs: 1, accuracy: 0.5 }, { latencyMs: 2, accuracy: 0.6 }], 0.4, 5), [
    { latencyMs: 1, accuracy: 0.4 },
    { latencyMs: 1, accuracy: 0.5 },
    { latencyMs: 2, accuracy: 0.6 },
    { latencyMs: 5, accuracy: 0.6 },
  ]);
  assertEquals(frontSteps([], 0.4, 5), []);
});

Deno.test("the controller's curves have a panel per statistic, and none of values that are no numbers", () => {
  const trials = fixtureTrials(16, 1);
  const updates = fixtureUpdates(4).map(({ batch, statistics }) => ({
    batch,
    statistics: { ...statistics, broken: NaN },
  }));
  const figure = controllerCurves(fixtureReport({ trials, updates }));
  assertEquals(count(figure, ".statistic path"), 4);
  assertEquals(count(figure, ".rewards circle"), 16);
  assertEquals(figure.table?.head.slice(3), ["entropy", "divergence", "clip fraction", "explained variance"]);
  const silent = controllerCurves(fixtureReport({ trials, controller: "random" }));
  assertEquals(count(silent, ".statistic path"), 0);
  assertEquals(count(silent, ".best-reward path"), 1);
});

Deno.test("the mean of a batch is that of what the controller was told", () => {
  const told = (number: number, state: "completed" | "infeasible" | "failed" | "skipped", reward?: number) =>
    fixtureTrial({ number, batch: 0, state, reward });
  const trials = [
    told(1, "completed", 0.6),
    told(2, "infeasible", undefined),
    told(3, "failed", undefined),
    told(4, "skipped", 0.3),
    { ...told(5, "completed", 0.8), batch: 1 },
  ];
  const rows = controllerCurves(fixtureReport({ trials })).table?.rows;
  assertEquals(rows, [["1", "4", "0.300"], ["2", "5", "0.800"]]);
});

Deno.test("the choices of every decision fill a bar in each third of the search", () => {
  const data = fixtureReport({ trials: fixtureTrials(30, 1) });
  const document = open(choicesOverTime(data));
  const heights = new Map<string, number>();
  for (const bar of document.querySelectorAll(".wide rect.choice")) {
    const key = `${(bar.textContent ?? "").split(":")[0]}`;
    heights.set(key, (heights.get(key) ?? 0) + Number(bar.getAttribute("height")));
  }
  assertEquals(heights.size, 3 * 42);
  for (const height of heights.values()) assertAlmostEquals(height, 46, 0.1);
});

Deno.test("decisions that belong to no group are drawn one after the other", () => {
  const decisions = Array.from({ length: 8 }, (_, i) => ({ name: `decision${i}`, choices: ["a", "b"] }));
  const trials = fixtureTrials(12, 1).map((trial) => ({ ...trial, tokens: decisions.map((_, i) => i % 2) }));
  const figure = choicesOverTime(fixtureReport({ trials, space: { name: "flat", decisions } }));
  assertEquals(count(figure, "rect.choice"), 8 * 3);
});

Deno.test("the map holds a mark per sampled architecture and a trace of their means", () => {
  const figure = architectureProjection(fixtureReport({ trials: fixtureTrials(30, 1) }));
  assertEquals(count(figure, ".architectures title"), 30);
  assertEquals(count(figure, ".trace path"), 1);
  assertEquals(traceOf([{ x: 0, y: 0 }, { x: 2, y: 4 }, { x: 5, y: 5 }, { x: 7, y: 5 }], 2), [
    { x: 1, y: 2 },
    { x: 6, y: 5 },
  ]);
});

Deno.test("architectures that are all the same have no map", () => {
  const trials = Array.from({ length: 8 }, (_, i) => fixtureTrial({ number: i + 1 }));
  const figure = architectureProjection(fixtureReport({ trials }));
  assertEquals(figure.content, "All sampled architectures made the same choices.");
});

Deno.test("each size has its own front, limits as lines, and infeasible students at the foot", () => {
  const trial = (number: number, memoryBytes: number, downloadBytes: number, accuracy: number) =>
    fixtureTrial({ number, memoryBytes, downloadBytes, accuracy });
  const trials = [
    trial(1, 100, 300, 0.5),
    trial(2, 200, 100, 0.6),
    { ...fixtureTrial({ number: 3, memoryBytes: 900, state: "infeasible" }), accuracy: undefined },
  ];
  const figure = sizeAgainstAccuracy(fixtureReport({ trials, limits: { memoryBytes: 500 } }));
  const panels = [...open(figure).querySelectorAll(".wide > svg")];
  const marks = (selector: string) => panels.map((panel) => panel.querySelectorAll(selector).length);
  assertEquals(marks(".front circle"), [2, 1]);
  assertEquals(marks(".infeasible path"), [1, 1]);
  assertEquals(marks(".limit line, line.limit, .limit rect"), [1, 0]);
});

Deno.test("the numbers of sizes against accuracy are those of every network drawn, with its fronts", () => {
  const trial = (number: number, memoryBytes: number, downloadBytes: number, accuracy: number) =>
    fixtureTrial({ number, memoryBytes, downloadBytes, accuracy });
  const infeasible = { state: "infeasible", accuracy: undefined } as const;
  const trials = [
    trial(1, 100, 300, 0.5),
    trial(2, 200, 100, 0.6),
    trial(3, 400, 200, 0.55),
    { ...trial(4, 900, 400, 0), ...infeasible },
    { ...trial(5, 900, 400, 0), ...infeasible, duplicateOf: 4 },
  ];
  assertEquals(sizeAgainstAccuracy(fixtureReport({ trials })).table?.rows, [
    ["trial 1", "100 B", "300 B", "50.0 %", "memory at work"],
    ["trial 2", "200 B", "100 B", "60.0 %", "memory at work, download"],
    ["trial 3", "400 B", "200 B", "55.0 %", "–"],
    ["trial 4", "900 B", "400 B", "infeasible", "–"],
  ]);
});

Deno.test("bytes are told with three digits", () => {
  assertEquals([999, 1000, 96_340, 999_600, 12_345_678].map(formatBytes), [
    "999 B",
    "1.00 kB",
    "96.3 kB",
    "1.00 MB",
    "12.3 MB",
  ]);
});

Deno.test("short and long trainings are compared over finals, baselines and students drawn at random", () => {
  const data = fixtureWholeRun();
  const drawn = data.trials.find((trial) =>
    trial.state === "completed" && !data.final.some(({ trial: number }) => number === trial.number)
  );
  assert(drawn?.accuracy);
  const figure = proxyAgainstFinal({ ...data, sampled: [{ trial: drawn.number, accuracy: drawn.accuracy + 0.05 }] });
  assertEquals(count(figure, ".students circle"), 3);
  assertEquals(count(figure, ".sampled circle"), 1);
  // All four keep their order; one alone has no correlation.
  assertStringIncludes(
    figure.caption,
    "Students drawn at random: 1, which give no rank correlation. All networks shown",
  );
  assertStringIncludes(figure.caption, "little of the others: 1.00 (n = 4).");
  assertStringIncludes(proxyAgainstFinal(data).caption, "No student was drawn at random. All networks shown");
});

Deno.test("the random sample's correlation stands first, with its interval; that of selected students is marked as such", () => {
  const data = fixtureWholeRun();
  const others = data.trials.filter(({ number, role, state }) =>
    role === "search" && state === "completed" && !data.final.some(({ trial }) => trial === number)
  ).slice(0, 8);
  const sampled = others.map(({ accuracy = 0, number }) => ({ trial: number, accuracy: 1 - accuracy }));
  const { caption } = proxyAgainstFinal({ ...data, sampled });
  assertMatch(
    caption,
    /drawn at random: Spearman's rank correlation -1\.00 \(n = 8, 95 % interval -1\.00 to -[01]\.\d\d\)\. All networks/,
  );
  assertMatch(caption, /selected by their short training.* \(n = 11\)\.$/);
});

Deno.test("every figure of a run has its numbers beside it", () => {
  const data = fixtureReport({ trials: fixtureTrials(24, 1), updates: fixtureUpdates(6) });
  for (
    const figureOf of [frontOverTime, controllerCurves, choicesOverTime, architectureProjection, sizeAgainstAccuracy]
  ) {
    const figure = figureOf(data);
    const table = open(figure).querySelector("details table");
    const cells = [...table?.querySelectorAll("tbody td") ?? []].map(({ textContent }) => textContent ?? "");
    assert(cells.length > 0 && cells.every((cell) => !/NaN|undefined|Infinity/.test(cell)), figure.id);
  }
});
