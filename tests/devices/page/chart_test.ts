import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseHTML } from "linkedom";
import { chartDrawing, chartLegend, chartText, drawChart, milliseconds } from "../../../devices/page/chart.ts";
import { emptyTrace, extendTrace, medianOf, traceMedian, traceSchema } from "../../../devices/page/trace.ts";

const steady = (rounds: number, sample: readonly number[]) => Array.from({ length: rounds }, () => [...sample]);

Deno.test("the median of an even number is the mean of the middle two", () => {
  assertEquals(medianOf([3, 1, 2]), 2);
  assertEquals(medianOf([4, 1, 2, 3]), 2.5);
});

Deno.test("a chunk becomes bins with median and quartiles", () => {
  const rounds = Array.from({ length: 20 }, (_, index) => [index + 1, 10]);
  const trace = extendTrace(emptyTrace, rounds);
  assertEquals(trace.rounds, 20);
  assertEquals(trace.bins.map(({ rounds }) => rounds), [5, 5, 5, 5]);
  assertEquals(trace.bins[0].points, [[3, 2, 4], [10, 10, 10]]);
  assertEquals(traceMedian(trace, 0), 8);
  assertEquals(traceMedian(trace, 1), 10);
});

Deno.test("a long trace stays small, keeps every round and fits what is stored", () => {
  let trace = emptyTrace;
  for (let chunk = 0; chunk < 500; chunk++) trace = extendTrace(trace, steady(10, [0.25, 2, 1]));
  assertEquals(trace.rounds, 5000);
  assertEquals(trace.bins.reduce((sum, { rounds }) => sum + rounds, 0), 5000);
  assert(trace.bins.length <= 64, `${trace.bins.length} bins`);
  assertEquals(traceMedian(trace, 2), 1);
  assertEquals(traceSchema.parse(trace), trace);
});

Deno.test("a trace begins anew when a network has dropped out, and nothing changes it to nothing", () => {
  const trace = extendTrace(extendTrace(emptyTrace, steady(8, [1, 2, 3])), steady(4, [1, 2]));
  assertEquals(trace.rounds, 4);
  assertEquals(trace.bins[0].points.length, 2);
  assertEquals(extendTrace(trace, []), trace);
});

Deno.test("the scale is logarithmic: equal ratios are equal distances, more is higher up", () => {
  const trace = extendTrace(emptyTrace, steady(8, [0.5, 2, 1]));
  const drawing = chartDrawing(trace, 300, 150);
  const heights = drawing!.series.map(({ line }) => Number(line.split("L")[0].split(" ")[1]));
  const [small, large, candidate] = heights;
  assert(large < candidate && candidate < small);
  assert(Math.abs((small - candidate) - (candidate - large)) <= 0.11, heights.join());
  assertEquals(drawing!.ticks.map(({ label }) => label), ["0.5", "1", "2"]);
  assertEquals(drawing!.series.map(({ role }) => role), ["small reference", "large reference", "candidate"]);
});

Deno.test("nothing is drawn outside of the chart, not even for one round or values that are all the same", () => {
  for (const rounds of [1, 2, 3, 400]) {
    const drawing = chartDrawing(extendTrace(emptyTrace, steady(rounds, [1, 1, 1])), 300, 150)!;
    for (const { line, band } of drawing.series) {
      const numbers = `${line} ${band}`.replaceAll(/[MLZ]/g, " ").trim().split(/\s+/).map(Number);
      assert(numbers.every(Number.isFinite), line);
      for (let index = 0; index < numbers.length; index += 2) {
        assert(numbers[index] >= 0 && numbers[index] <= 300 && numbers[index + 1] >= 0 && numbers[index + 1] <= 150);
      }
    }
    assert(drawing.ticks.length > 0);
  }
  assertEquals(chartDrawing(emptyTrace, 300, 150), null);
});

Deno.test("the legend and the text say the medians, of many networks the range", () => {
  const one = extendTrace(emptyTrace, steady(12, [0.25, 1.9, 0.8123]));
  assertEquals(chartLegend(one).map(({ text }) => text), [
    "this network 0.812 ms",
    "small reference 0.250 ms",
    "large reference 1.90 ms",
  ]);
  assertEquals(
    chartText(one),
    "Milliseconds per inference over 12 rounds, medians: this network 0.812 ms, small reference 0.250 ms, " +
      "large reference 1.90 ms.",
  );
  const many = extendTrace(emptyTrace, steady(12, [0.25, 1.9, 0.8, 2.5, 123.4]));
  assertEquals(chartLegend(many)[0].text, "3 networks 0.800 to 123 ms");
  assertEquals(chartText(emptyTrace), "No samples yet.");
  assertEquals(milliseconds(12.34), "12.3 ms");
});

Deno.test("a drawn chart carries its text alternative, and no styles that the page's policy forbids", () => {
  const { document } = parseHTML("<!doctype html><html><body><svg id='chart'></svg></body></html>");
  const svg = document.getElementById("chart") as unknown as SVGSVGElement;
  drawChart(svg, emptyTrace);
  assertMatch(svg.outerHTML, /No samples yet/);
  drawChart(svg, extendTrace(emptyTrace, steady(8, [0.5, 2, 1])));
  assertMatch(svg.getAttribute("aria-label") ?? "", /this network 1\.00 ms/);
  assertEquals(svg.querySelectorAll("path.line").length, 3);
  assertEquals(svg.querySelectorAll("path.line.candidate").length, 1);
  assertEquals(svg.outerHTML.includes("style="), false);
});
