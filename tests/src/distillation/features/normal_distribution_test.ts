import { assertAlmostEquals } from "@std/assert";
import { normalDensity, normalProbability } from "../../../../src/distillation/features/normal_distribution.ts";

Deno.test("the normal distribution has its tabulated values, on both branches and where they meet", () => {
  assertAlmostEquals(normalDensity(0), 0.3989422804014327, 1e-15);
  for (
    const [x, probability] of [
      [0, 0.5],
      [1, 0.8413447460685429],
      [-1.959963984540054, 0.025],
      [-3, 0.0013498980316300946],
      [-2.9999999, 0.0013498984748014],
      [-5, 2.866515718791939e-7],
      [4, 0.9999683287581669],
    ]
  ) assertAlmostEquals(normalProbability(x), probability, 1e-12, `at ${x}`);
});
