import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { placeBuffers } from "../../../src/engine/memory_plan.ts";

Deno.test("buffers that live one after another share a place", () => {
  const { offsets, floats } = placeBuffers([
    { floats: 100, first: 0, last: 1 },
    { floats: 100, first: 2, last: 3 },
    { floats: 50, first: 1, last: 2 },
  ]);
  assertEquals(offsets[0], offsets[1]);
  assert(floats < 200, `${floats} floats`);
});

Deno.test("buffers that live at the same time never overlap, and each begins at a cache line", () => {
  const lifetime = fc.record({
    floats: fc.integer({ min: 0, max: 300 }),
    first: fc.integer({ min: -1, max: 20 }),
    length: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constant(Infinity)),
  });
  fc.assert(fc.property(fc.array(lifetime, { maxLength: 25 }), (drawn) => {
    const buffers = drawn.map(({ floats, first, length }) => ({ floats, first, last: first + length }));
    const { offsets, floats } = placeBuffers(buffers);
    for (const [a, left] of buffers.entries()) {
      assert(offsets[a] % 16 === 0 && offsets[a] + left.floats <= floats);
      for (const [b, right] of buffers.entries()) {
        if (b <= a || left.last < right.first || right.last < left.first) continue;
        const apart = offsets[a] + left.floats <= offsets[b] || offsets[b] + right.floats <= offsets[a];
        assert(apart || left.floats === 0 || right.floats === 0, `${a} and ${b} overlap`);
      }
    }
  }));
});
