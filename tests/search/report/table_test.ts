import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderTable } from "../../../search/report/table.ts";
import { displayWidth } from "../../../src/cli/text_width.ts";
import { fixtureBaseline, fixtureReport, fixtureTrial, fixtureWholeRun } from "./fixtures.ts";

Deno.test("the table is never wider than the terminal, and complete at 80 columns", () => {
  for (const columns of [200, 80, 60, 40, 24]) {
    for (const line of renderTable(fixtureWholeRun(), { columns, colour: false }).split("\n")) {
      assert(displayWidth(line) <= columns, `${columns}: ${line}`);
    }
  }
  const [head] = renderTable(fixtureWholeRun(), { columns: 80, colour: false }).split("\n");
  assertEquals(head.trim().split(/\s{2,}/), ["network", "ms", "95 %", "val.", "test", "reward", "params", "MAdds"]);
});

Deno.test("the legend is wrapped, not cut", () => {
  for (const columns of [80, 60]) {
    const legend = renderTable(fixtureWholeRun(), { columns, colour: false }).replace(/\s+/g, " ");
    assertStringIncludes(legend, "● on the front; best: highest reward; val.: validation accuracy; ±: 95 % interval");
  }
});

Deno.test("a row holds name, mark, latency with interval, accuracy, reward and size", () => {
  const trials = [
    fixtureTrial({ number: 1, accuracy: 0.7, latencyMs: 1.5, reward: 0.7 }),
    fixtureBaseline(1, "reference x0.5", 1, 0.65),
  ];
  const lines = renderTable(fixtureReport({ trials, teachers: [] }), { columns: 80, colour: false }).split("\n");
  const rows = lines.slice(2, 4).map((line) => line.trim().split(/\s{2,}/));
  assertEquals(rows, [
    ["reference x0.5", "1.00", "±0.020", "65.0 %", "0.650", "16.6 k", "1.04 M"],
    ["trial 1", "● best", "1.50", "±0.030", "70.0 %", "0.700", "16.6 k", "1.04 M"],
  ]);
});

Deno.test("narrow terminals keep name, latency and accuracy", () => {
  const [head] = renderTable(fixtureWholeRun(), { columns: 36, colour: false }).split("\n");
  assertEquals(head.trim().split(/\s+/).filter((word) => word !== "test"), ["network", "ms", "val."]);
});

Deno.test("escape codes appear only where colour is wanted, and only for the best student", () => {
  const escaped = (colour: boolean) =>
    renderTable(fixtureWholeRun(), { columns: 80, colour }).split("\n").filter((line) => line.includes("\x1b"));
  assertEquals(escaped(false), []);
  assertEquals(escaped(true).length, 1);
  assertStringIncludes(escaped(true)[0], "best");
});

Deno.test("a name from outside cannot send escape codes to the terminal", () => {
  const trials = [fixtureBaseline(1, "\x1b[31mred\x1b]0;title\x07\x1b[2J\u202e", 1, 0.6)];
  const table = renderTable(fixtureReport({ trials }), { columns: 80, colour: true });
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  assertEquals(table.match(/[\x00-\x09\x0b-\x1f\u202e]/g), null);
  assertStringIncludes(table, "red");
});

Deno.test("without a student there is a sentence instead of a table", () => {
  assertEquals(renderTable(fixtureReport(), { columns: 80, colour: false }), "No student has been completed yet.");
});

Deno.test("a baseline that breaks a limit of the run is marked, and the mark explained", () => {
  const trials = [
    fixtureTrial({ number: 1 }),
    { ...fixtureBaseline(1, "reference x1", 1, 0.65), parameters: 84_800 },
    { ...fixtureBaseline(2, "reference x0.5", 0.5, 0.5), parameters: 60_000 },
  ];
  const table = (limits: { parameters?: number }) =>
    renderTable(fixtureReport({ trials, limits, teachers: [] }), { columns: 120, colour: false }).split("\n");
  const marked = table({ parameters: 70_000 }).filter((line) => line.includes("✗"));
  assertEquals(marked.map((line) => line.trim().split(/\s{2,}/)[0]), [
    "reference x1",
    "● on the front; ✗ breaks a limit; best: highest reward; val.: validation accuracy; ±: 95 % interval",
  ]);
  assertEquals(table({}).some((line) => line.includes("✗")), false);
});
