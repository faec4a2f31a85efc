import { assertEquals, assertThrows } from "@std/assert";
import { looksLikeNpy, readNpyHeader } from "../../../src/teachers/npy.ts";
import { encodeNpy } from "./fixtures.ts";

const values = new Uint8Array(24);

Deno.test("a .npy header gives type, shape and where values begin", () => {
  const file = encodeNpy(values, { shape: "2, 3" });
  assertEquals(readNpyHeader("t.npy", file, file.length), { dtype: "F32", shape: [2, 3], dataStart: 128 });
  const half = encodeNpy(values, { shape: "12,", descr: "<f2" });
  assertEquals(readNpyHeader("t.npy", half, half.length).shape, [12]);
});

Deno.test("a .npy file that is cut off, in another order or of other values is refused in one line", () => {
  const good = encodeNpy(values, { shape: "2, 3" });
  const refused: [Uint8Array, string][] = [
    [good.subarray(0, 4), "t.npy: not a whole .npy file"],
    [good.subarray(0, 60), "the header is cut off"],
    [good.subarray(0, 140), "it holds 12 bytes of values; [2,3] of <f4 are 24"],
    [encodeNpy(values, { shape: "2, 3", fortran: "True" }), "Fortran order"],
    [encodeNpy(values, { shape: "2, 3", descr: ">f4" }), "its values are >f4; allowed are <f2, <f4, <f8"],
    [encodeNpy(values, { shape: "2, 3", descr: "|O" }), "its values are |O"],
    [encodeNpy(values, { shape: "2, x" }), "no single descr"],
    [encodeNpy(values, { shape: "99999999999999999999, 3" }), "bytes of values"],
    [good.with(6, 9), "version 9"],
    [encodeNpy(values, { shape: "2, 3", descr: "constructor" }), "its values are constructor"],
  ];
  for (const [file, message] of refused) {
    const error = assertThrows(() => readNpyHeader("t.npy", file, file.length), RangeError, message);
    assertEquals(error.message.includes("\n"), false);
  }
  const huge = good.with(6, 2).with(8, 255).with(9, 255).with(10, 255).with(11, 0);
  assertThrows(() => readNpyHeader("t.npy", huge, 1e9), RangeError, "header has 16777215 bytes");
  assertEquals(looksLikeNpy(good), true);
  assertEquals(looksLikeNpy(values), false);
});
