import { assertEquals } from "@std/assert";
import { withRoom } from "../../../../search/report/figures/point_names.ts";

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
