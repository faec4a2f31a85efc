import { assertEquals, assertThrows } from "@std/assert";
import { choiceShares, nameWords } from "../../../search/report/choice_shares.ts";

Deno.test("shares are counted in equal parts of the search, by decision", () => {
  const decisions = [{ name: "block1.kernel", choices: [3, 5] }, { name: "width", choices: ["a", "b", "c"] }];
  const samples = [[0, 2], [0, 1], [1, 2], [1, 2]];
  const [kernel, width] = choiceShares(decisions, samples, 2);
  assertEquals([kernel.group, kernel.kind, kernel.choices], ["block1", "kernel", ["3", "5"]]);
  assertEquals(kernel.shares, [[1, 0], [0, 1]]);
  assertEquals([width.group, width.kind], ["", "width"]);
  assertEquals(width.shares, [[0, 0.5, 0.5], [0, 0, 1]]);
});

Deno.test("fewer samples than parts are refused", () => {
  assertThrows(() => choiceShares([], [[0]], 3), RangeError, "1 samples make no 3 parts");
});

Deno.test("names from code become words", () => {
  assertEquals(
    ["filterMultiplier", "block12", "seRatio", "convOp", "layer1.output", "explainedVariance"].map(nameWords),
    [
      "filter multiplier",
      "block 12",
      "SE ratio",
      "conv op",
      "layer 1 output",
      "explained variance",
    ],
  );
});
