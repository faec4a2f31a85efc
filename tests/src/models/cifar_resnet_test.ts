import { assertEquals, assertThrows } from "@std/assert";
import { tapsOf } from "../../../src/distillation/taps.ts";
import { cifarResnet } from "../../../src/models/cifar_resnet.ts";
import { countMultiplyAdds, countParameters } from "../../../src/ops/layout.ts";

Deno.test("parameters are those of the paper's table 6: 0.27, 0.46, 0.66, 0.85 and 1.7 million", () => {
  const counts = [20, 32, 44, 56, 110].map((depth) => countParameters(cifarResnet({ depth })));
  assertEquals(counts, [269_722, 464_154, 658_586, 853_018, 1_727_962]);
  assertEquals(countMultiplyAdds(cifarResnet({ depth: 20 })), 40_551_040);
});

Deno.test("stages end in taps, and so does the pooled vector", () => {
  const { stages, embedding, outputs } = tapsOf(cifarResnet({ depth: 8, classes: 7, padding: "centred" }));
  assertEquals(stages.map(({ name, shape, before }) => [name, ...shape, before]), [
    ["stage1", 32, 32, 16, true],
    ["stage2", 16, 16, 32, true],
    ["stage3", 8, 8, 64, true],
  ]);
  assertEquals([embedding, outputs], [{ name: "embedding", channels: 64 }, 7]);
});

Deno.test("a depth that is not 6n + 2, and sizes that cannot be centred, are refused", () => {
  assertThrows(() => cifarResnet({ depth: 18 }), RangeError, "6n + 2 (20, 32, 44, 56, 110), got 18");
  assertThrows(() => cifarResnet({ depth: 2 }), RangeError, "got 2");
  const input = { height: 30, width: 32, channels: 3 };
  assertThrows(() => cifarResnet({ depth: 8, padding: "centred", input }), RangeError, "got 30x32");
});
