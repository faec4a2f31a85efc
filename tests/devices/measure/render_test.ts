import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { failureLines, renderMeasurements } from "../../../devices/measure/render.ts";
import { displayWidth } from "../../../src/cli/text_width.ts";
import { madeUp } from "./made_up.ts";

Deno.test("the table holds the corrected latency, its interval, the raw median, p90 and the ratio", () => {
  const text = renderMeasurements([madeUp({ model: "a", latencyMs: 2 })], { comparisons: [], columns: 100 });
  assertEquals(text.split("\n"), [
    " model  device  runtime      ms       95 %  median   p90  ratio",
    "─".repeat(64),
    " a      here    tfjs-wasm  2.00  1.98–2.02    2.20  2.40  2.000",
  ]);
});

Deno.test("a narrow window loses columns that say the same in every row first, never model and latency", () => {
  const rows = [madeUp({ model: "a" }), madeUp({ model: "b", device: "phone", flags: ["unsteady"] })];
  for (const columns of [100, 80, 60, 50, 40]) {
    const text = renderMeasurements(rows, { comparisons: [], columns });
    for (const line of text.split("\n")) assert(displayWidth(line) <= columns, `${columns}: ${line}`);
    assertMatch(text, /^ model .*device .*ms/);
  }
  const narrow = renderMeasurements(rows, { comparisons: [], columns: 50 }).split("\n")[0];
  assertEquals(narrow.includes("runtime"), false);
});

Deno.test("doubts are told in words, once for all models they hold for; invalid ones cannot be overlooked", () => {
  const text = renderMeasurements([
    madeUp({ model: "a", flags: ["unsteady"] }),
    madeUp({ model: "b", flags: ["unsteady"] }),
    madeUp({ model: "c", flags: ["hidden-page"], valid: false }),
  ], { comparisons: [], columns: 200 });
  const lines = text.split("\n");
  assertStringIncludes(lines[2], "!");
  assertStringIncludes(lines[4], "✗");
  assertEquals(lines.slice(6), [
    "! a, b on here (tfjs-wasm): the times had not settled when the warm-up had to end",
    "✗ c on here (tfjs-wasm) must not be trusted: the page was not in front all the time, and browsers slow hidden pages",
  ]);
});

Deno.test("the comparison names the fastest and how much longer the others take", () => {
  const comparison = {
    device: "here",
    runtime: "tfjs-wasm" as const,
    fastest: "a",
    others: [
      { model: "c", times: { value: 1.004, low: 0.982, high: 1.031 } },
      { model: "b", times: { value: 1.068, low: 1.051, high: 1.094 } },
    ],
  };
  const rows = [madeUp({ model: "a" }), madeUp({ model: "b" })];
  const last = renderMeasurements(rows, { comparisons: [comparison], columns: 200 }).split("\n").at(-1);
  assertEquals(
    last,
    "a is the fastest; c cannot be told apart from it (0.98 to 1.03 times), b takes 1.07 times as long (1.05 to 1.09)",
  );
  const several = [...rows, madeUp({ model: "a", device: "phone" })];
  const named = renderMeasurements(several, { comparisons: [comparison], columns: 200 }).split("\n").at(-1);
  assertStringIncludes(named ?? "", "a is the fastest on here (tfjs-wasm); c cannot");
});

Deno.test("failures are one line each, without what could write to the terminal", () => {
  const unread = { model: "x/m.onnx", error: "x/m.onnx is 2.1 GB; at most 512 MB" };
  assertEquals(
    failureLines([
      { ...unread, device: "here" },
      { ...unread, device: "phone" },
      { model: "m", device: "phone", runtime: "tfjs-webgpu", error: "no op \x1b[2JFoo\x07" },
    ]),
    ["x/m.onnx is 2.1 GB; at most 512 MB", "m on phone (tfjs-webgpu): no op Foo "],
  );
});
