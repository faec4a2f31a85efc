import { assertEquals } from "@std/assert";
import { accuracyAgainstLatency } from "../../../../search/report/figures/accuracy_against_latency.ts";
import { renderFigure } from "../../../../search/report/figures/figure.ts";
import { withRoom } from "../../../../search/report/figures/point_names.ts";
import { parseHTML } from "linkedom";
import { fixtureWholeRun } from "../fixtures.ts";

const frame = { widthPx: 760, heightPx: 400, latency: [0, 10] as const, accuracy: [0, 1] as const };
const point = (name: string, latencyMs: number, accuracy: number) => ({ name, latencyMs, accuracy });

Deno.test("a name that would cover an earlier one is left out, others stay", () => {
  const [best, baselines] = withRoom([
    { points: [point("trial 7, best reward", 2, 0.5)], side: "above" },
    { points: [point("near its foot", 2.1, 0.6), point("far", 9, 0.9), point("beside far", 9.1, 0.9)], side: "below" },
  ], frame);
  assertEquals(best.map(({ name }) => name), ["trial 7, best reward"]);
  assertEquals(baselines.map(({ name }) => name), ["far"]);
});

Deno.test("names stand over all points, whose titles a pointer finds below them", () => {
  const data = fixtureWholeRun();
  const { document } = parseHTML(renderFigure(accuracyAgainstLatency(data, data.devices[0])).markup);
  const groups = [...document.querySelectorAll(".wide svg > g[class]")];
  const isNames = (group: Element) => /-names?$/.test(group.getAttribute("class") ?? "");
  const names = groups.slice(groups.findIndex(isNames));
  assertEquals(names.every(isNames), true);
  assertEquals(new Set(names.map((group) => group.getAttribute("pointer-events"))), new Set(["none"]));
});
