import { assertEquals } from "@std/assert";
import { renderScatter } from "../../../search/terminal/scatter.ts";

Deno.test("fast is left, accurate is up, and the target is a line", () => {
  const points = [{ latencyMs: 1, accuracy: 0.6, sign: "a" }, { latencyMs: 3, accuracy: 0.8, sign: "b" }];
  assertEquals(renderScatter(points, { columns: 26, rows: 3, targetMs: 2 }), [
    " 80.0 % ┤        │       b",
    "        ┤        │",
    " 60.0 % ┤a       │",
    "         1.00      3.00 ms",
  ]);
});

Deno.test("equal points stand in the middle", () => {
  const points = [1, 2].map(() => ({ latencyMs: 1, accuracy: 0.6, sign: "a" }));
  assertEquals(renderScatter(points, { columns: 26, rows: 3, targetMs: null })[1], "        ┤        a");
});

Deno.test("there is no picture without points or without room", () => {
  const point = { latencyMs: 1, accuracy: 0.6, sign: "a" };
  assertEquals(renderScatter([], { columns: 80, rows: 5, targetMs: 2 }), []);
  assertEquals(renderScatter([point], { columns: 20, rows: 5, targetMs: 2 }), []);
  assertEquals(renderScatter([point], { columns: 80, rows: 2, targetMs: 2 }), []);
});
