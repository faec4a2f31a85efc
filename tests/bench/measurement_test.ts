import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bias, chain, differenceInterval, kendallTau, median, variation } from "../../bench/measurement/statistics.ts";
import { student, twin } from "../../bench/measurement/networks.ts";
import { openPieces } from "../../bench/measurement/pieces.ts";
import { canonicalJson } from "../../src/schemas/architecture.ts";

Deno.test("medians, variations and biases are those computed by hand", () => {
  assertEquals([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
  // Mean 2, variance ((1)^2 + 0 + 1^2) / 2 = 1.
  assertEquals(variation([1, 2, 3]), 0.5);
  assertAlmostEquals(bias([1.1, 1.3], 1), 0.2, 1e-12);
  assertThrows(() => variation([1]), RangeError, "takes 2 values or more, got 1");
});

Deno.test("Kendall's tau is 1 for one order, -1 for its reverse, and counts pairs between", () => {
  assertEquals(kendallTau([1, 2, 3, 4], [10, 20, 30, 40]), 1);
  assertEquals(kendallTau([1, 2, 3, 4], [4, 3, 2, 1]), -1);
  // One of six pairs is discordant.
  assertAlmostEquals(kendallTau([1, 2, 3, 4], [1, 3, 2, 4]), 4 / 6, 1e-12);
  assertThrows(() => kendallTau([1, 2], [1]), RangeError, "got 2 and 1");
});

Deno.test("Welch's interval of two samples is the one of the textbook", () => {
  // Means 3 and 6, variances 2.5 each: standard error 1, 8 degrees of freedom, t = 2.306.
  const { low, high } = differenceInterval([1, 2, 3, 4, 5], [4, 5, 6, 7, 8]);
  assertAlmostEquals(low, 3 - 2.306, 0.002);
  assertAlmostEquals(high, 3 + 2.306, 0.002);
});

Deno.test("the longest chain of neighbours is found, from the smallest value up", () => {
  // 1.16 is too near 1.13 and too far from 1; 1.4 is too far from all.
  assertEquals(chain([1.4, 1.13, 1, 1.06, 1.16, 1.22], 1.05, 1.1), [2, 3, 1, 5]);
  assertEquals(chain([1, 2, 4], 1.05, 1.1).length, 1);
});

Deno.test("students follow from their seeds; the twins are the small reference with weights of their own", () => {
  assertEquals(canonicalJson(student(1)), canonicalJson(student(1)));
  assertEquals(canonicalJson(student(1)) === canonicalJson(student(2)), false);
  const [plain, planted] = [twin({ planted: false }), twin({ planted: true })];
  assertEquals(plain.source.kind === "architecture" && planted.source.kind === "architecture", true);
  assertEquals(canonicalJson({ ...plain.source, seed: 0 }), canonicalJson({ ...planted.source, seed: 0 }));
});

Deno.test("pieces that were measured are not measured again, whatever ended the run", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/pieces.json`;
    const lines: string[] = [];
    const options = { fresh: false, log: (line: string) => lines.push(line) };
    const made: number[] = [];
    const make = (index: number) => {
      if (made.length === 2) return Promise.reject(new Error("interrupted"));
      made.push(index);
      return Promise.resolve({ index });
    };
    let error: Error | undefined;
    await openPieces(path, options).collect("row", 4, make).catch((reason) => error = reason);
    assertEquals([error?.message, made], ["interrupted", [0, 1]]);
    made.length = 0;
    assertEquals(await openPieces(path, options).collect("row", 3, make), [{ index: 0 }, { index: 1 }, { index: 2 }]);
    assertEquals(made, [2]);
    assertEquals(await openPieces(path, options).collect("row", 1, make), [{ index: 0 }]);
    made.length = 0;
    assertEquals(await openPieces(path, { ...options, fresh: true }).collect("row", 1, make), [{ index: 0 }]);
    assertEquals([made, lines.at(-1)], [[0], "row: 1 of 1"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
