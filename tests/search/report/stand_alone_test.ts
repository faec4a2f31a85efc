import { assert, assertEquals } from "@std/assert";
import { parseHTML } from "linkedom";
import { reportFigures } from "../../../search/report/report.ts";
import { standAloneSvg } from "../../../search/report/stand_alone.ts";
import { comparisonFigures } from "../../../search/report/comparison/comparison.ts";
import { fixtureReport, fixtureTrials, fixtureWholeRun } from "./fixtures.ts";

Deno.test("every figure is a file of its own: colours of both pages, legend, the same marks, nothing from outside", () => {
  for (const figure of reportFigures(fixtureWholeRun())) {
    const svg = standAloneSvg(figure);
    assert(svg !== null, figure.id);
    assert(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"'), figure.id);
    const defined = new Set(svg.match(/--[a-z0-9]+(?=:)/g));
    for (const used of svg.match(/(?<=var\()--[a-z0-9]+/g) ?? []) {
      assert(used.startsWith("--plot") || defined.has(used), `${figure.id}: ${used}`);
    }
    assert(svg.includes("prefers-color-scheme: dark"), figure.id);
    assertEquals(svg.match(/(?:src|href)\s*=|@import|url\(|<script/g), null, figure.id);
    const { document } = parseHTML(svg);
    for (const [, label] of figure.legend) assert(document.documentElement.textContent?.includes(label), label);
  }
});

Deno.test("a figure with nothing to draw is no file", () => {
  for (const figure of reportFigures(fixtureReport())) assertEquals(standAloneSvg(figure), null, figure.id);
});

Deno.test("names from outside stay words", () => {
  const trials = fixtureTrials(8, 1);
  const hostile = fixtureReport({ run: "</svg><b>&", trials });
  for (const figure of comparisonFigures([hostile, fixtureReport({ run: "b", trials })])) {
    const svg = standAloneSvg(figure);
    assert(svg !== null && !svg.includes("<b>"), figure.id);
    assert(svg.includes("&lt;/svg&gt;&lt;b&gt;&amp;"), figure.id);
  }
});
