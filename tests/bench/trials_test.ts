import { assert, assertEquals } from "@std/assert";
import { findPyTorch } from "../../bench/trainers/table.ts";
import { presets } from "../../src/schemas/presets.ts";
import { runTrials, trialsOptionsSchema } from "../../bench/trials.ts";

Deno.test("both sides train the same students, and the ratio is of what they do in an hour", async () => {
  const pytorch = await findPyTorch();
  if ("missing" in pytorch) console.log(`skipped: PyTorch's side: ${pytorch.missing}`);
  const sides = "missing" in pytorch ? ["ours"] : ["ours", "pytorch"];
  const options = trialsOptionsSchema.parse({ trials: 2, trainers: 1, blocks: 2, trainImages: 128 });
  const result = await runTrials(options);
  const order = [...sides, ...sides.toReversed()];
  assertEquals(result.rows.map(({ side, trials }) => [side, trials]), order.map((side) => [side, 1]));
  const { epochs, batchSize } = presets.quick;
  assertEquals([result.students.length, result.stepsPerTrial], [2, epochs * Math.floor(128 / batchSize)]);
  assert(result.ours > 0);
  const { ratio } = result;
  if (result.pytorch === null) assertEquals(ratio, null);
  else assert(ratio !== null && Math.abs(ratio / (result.ours / result.pytorch) - 1) < 0.01);
});
