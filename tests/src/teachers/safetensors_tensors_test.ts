import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  floatsOf,
  halfToNumber,
  looksLikeSafetensors,
  readSafetensors,
  tensorValues,
} from "../../../src/teachers/safetensors_tensors.ts";
import { encodeTensors, floatTensor, withHeader } from "./fixtures.ts";

Deno.test("tensors of every float type are read", () => {
  const file = encodeTensors({
    a: floatTensor([3], [1, -2.5, 0]),
    b: { dtype: "F64", shape: [1], bytes: new Uint8Array(Float64Array.of(0.1).buffer) },
    c: { dtype: "F16", shape: [2], bytes: new Uint8Array(Uint16Array.of(0x3c00, 0xc100).buffer) },
    d: { dtype: "BF16", shape: [2], bytes: new Uint8Array(Uint16Array.of(0x3f80, 0xc020).buffer) },
  }, { format: "pt" });
  const content = readSafetensors(file, "t");
  assertEquals(content.metadata, { format: "pt" });
  const read = (name: string) => [...tensorValues(content, { path: "t", name })];
  assertEquals(read("a"), [1, -2.5, 0]);
  assertAlmostEquals(read("b")[0], 0.1, 1e-8);
  assertEquals(read("c"), [1, -2.5]);
  assertEquals(read("d"), [1, -2.5]);
  assertEquals(looksLikeSafetensors(file), true);
});

Deno.test("halves: subnormal, infinite, not a number", () => {
  assertEquals(halfToNumber(0x0001), 2 ** -24);
  assertEquals(halfToNumber(0x7bff), 65504);
  assertEquals(halfToNumber(0xfc00), -Infinity);
  assertEquals(halfToNumber(0x7c01), NaN);
  assertEquals(floatsOf("F16", Uint8Array.of(0, 0x80))[0], -0);
});

Deno.test("a hostile header is refused in one line", () => {
  const entry = (text: string) => withHeader(`{"t":${text}}`, [new Uint8Array(8)]);
  const huge = withHeader("{}");
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  const refused: [Uint8Array, string][] = [
    [new Uint8Array(3), "shorter than"],
    [huge, "the header is cut off"],
    [withHeader("{nonsense"), "not JSON"],
    [withHeader("[]"), "not an object"],
    [entry("3"), '"t" is not an object'],
    [entry("{}"), 'tensor "t" has no dtype'],
    [entry('{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}'), "no dtype, shape and data_offsets"],
    [entry('{"dtype":"F32","shape":[2],"data_offsets":[8,0]}'), "cut off"],
    [entry('{"dtype":"F32","shape":[2],"data_offsets":[0,80]}'), "cut off"],
    [entry('{"dtype":"F32","shape":[3],"data_offsets":[0,8]}'), "8 bytes for [3] of F32"],
    [entry('{"dtype":"F32","shape":[1e300],"data_offsets":[0,8]}'), "no dtype"],
    [entry('{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,8]}'), "8 bytes for"],
  ];
  for (const [file, message] of refused) {
    const error = assertThrows(() => readSafetensors(file, "t.safetensors"), RangeError, message);
    assertEquals(error.message.startsWith("t.safetensors: "), true);
  }
});

Deno.test("a tensor that is missing, integer, of another shape or not finite is named", () => {
  const content = readSafetensors(
    encodeTensors({ a: floatTensor([2], [0, NaN]), i: { dtype: "I64", shape: [1], bytes: new Uint8Array(8) } }),
    "t",
  );
  const read = (name: string, shape?: number[]) => () => tensorValues(content, { path: "t", name, shape });
  assertThrows(read("b"), RangeError, 't: it has no tensor "b"');
  assertThrows(read("i"), RangeError, 'tensor "i" is I64');
  assertThrows(read("a", [1, 2]), RangeError, 'tensor "a" is [2], not [1,2]');
  assertThrows(read("a"), RangeError, 'value 1 of tensor "a" is NaN');
});
