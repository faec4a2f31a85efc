import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeFloat64, encodeFloat64 } from "../../../search/controllers/float64_text.ts";

Deno.test("numbers come back from text bit for bit", () => {
  fc.assert(fc.property(fc.float64Array(), (values) => {
    assertEquals(decodeFloat64(encodeFloat64(values), values.length), values);
  }));
});

Deno.test("the text of 1 is its eight bytes, little-endian", () => {
  assertEquals(encodeFloat64(new Float64Array([1])), "AAAAAAAA8D8=");
});

Deno.test("another number of values is refused", () => {
  assertThrows(() => decodeFloat64("AAAAAAAA8D8=", 2), RangeError, "holds 8 bytes of numbers; 2 numbers take 16");
});
