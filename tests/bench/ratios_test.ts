import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { geometricMean, ratiosOf, type Timed } from "../../bench/ratios.ts";

function row(student: Timed["student"], side: Timed["side"], msPerStep: number | null): Timed {
  return { student, side, device: "cpu", msPerStep };
}

const rows = [
  row("small", "ours", 10),
  row("small", "ours", 12),
  row("small", "pytorch", 40),
  row("small", "pytorch", 20),
  row("squeeze", "ours", 5),
  row("squeeze", "pytorch", 20),
  row("wide", "ours", 100),
  row("wide", "ours", null),
  row("wide", "pytorch", 50),
  row("wide", "other", 1),
  row("resnet20", "ours", 30),
  row("resnet20", "pytorch", 60),
];

Deno.test("a ratio is the fastest of PyTorch by the fastest of ours, its mean geometric over the mobile students", () => {
  const { ratio, worst, resnet20, students } = ratiosOf(rows, "cpu");
  assertEquals(students, { small: 2, squeeze: 4, wide: 0.5, resnet20: 2 });
  assertAlmostEquals(ratio ?? NaN, Math.cbrt(4));
  assertEquals([worst, resnet20], [0.5, 2]);
});

Deno.test("a ratio is null where a side or a student is missing", () => {
  const oursAlone = rows.filter(({ side, student }) => side !== "pytorch" || student !== "wide");
  const ratios = ratiosOf(oursAlone, "cpu");
  assertEquals([ratios.ratio, ratios.worst, ratios.students.wide, ratios.resnet20], [null, null, null, 2]);
  assertEquals(ratiosOf(rows.slice(0, 4), "cpu").ratio, null);
  assertEquals(ratiosOf(rows, "gpu"), { ratio: null, worst: null, resnet20: null, students: {} });
});

Deno.test("a geometric mean takes positive values only", () => {
  assertAlmostEquals(geometricMean([2, 8]), 4);
  for (const values of [[], [1, 0], [1, -2], [NaN]]) {
    const error = assertThrows(() => geometricMean(values), RangeError);
    assert(error instanceof RangeError && error.message.includes(`[${values.join(", ")}]`));
  }
});
