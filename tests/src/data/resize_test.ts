import { assertAlmostEquals, assertEquals, assertStrictEquals } from "@std/assert";
import { resizeByArea } from "../../../src/data/resize.ts";

Deno.test("resizeByArea averages whole blocks", () => {
  const pixels = Uint8Array.of(0, 4, 10, 10, 8, 0, 10, 10);
  assertEquals(resizeByArea(pixels, { height: 2, width: 4, channels: 1 }, 2), Uint8Array.of(2, 10, 4, 10));
});

Deno.test("resizeByArea weights pixels that are cut", () => {
  // Three pixels to two: (30 + 60 / 2) / 1.5 and (60 / 2 + 90) / 1.5, in both directions.
  const row = [30, 60, 90];
  const pixels = Uint8Array.from([...row, ...row, ...row]);
  assertEquals(resizeByArea(pixels, { height: 3, width: 3, channels: 1 }, 2), Uint8Array.of(40, 80, 40, 80));
});

Deno.test("resizeByArea keeps channels apart, enlarges, and leaves the right size alone", () => {
  const pixels = Uint8Array.of(1, 2, 3, 101, 102, 103);
  assertEquals(resizeByArea(pixels, { height: 1, width: 2, channels: 3 }, 1), Uint8Array.of(51, 52, 53));
  const single = Uint8Array.of(7, 8, 9);
  assertEquals(
    resizeByArea(single, { height: 1, width: 1, channels: 3 }, 2),
    Uint8Array.of(7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9),
  );
  assertStrictEquals(resizeByArea(single, { height: 1, width: 1, channels: 3 }, 1), single);
});

Deno.test("resizeByArea keeps a constant constant at any pair of sizes", () => {
  for (const [from, to] of [[7, 3], [49, 32], [113, 32], [5, 11], [1000, 32]]) {
    const resized = resizeByArea(new Uint8Array(from * from).fill(201), { height: from, width: from, channels: 1 }, to);
    for (const value of resized) assertAlmostEquals(value, 201, 0);
  }
});
