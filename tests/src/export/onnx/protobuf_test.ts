import { assertEquals, assertThrows } from "@std/assert";
import { ProtobufWriter } from "../../../../src/export/onnx/protobuf.ts";

function bytesOf(write: (writer: ProtobufWriter) => ProtobufWriter): number[] {
  return [...write(new ProtobufWriter()).finish()];
}

Deno.test("integers are written as the encoding guide has them", () => {
  assertEquals(bytesOf((writer) => writer.integer(1, 150)), [0x08, 0x96, 0x01]);
  assertEquals(bytesOf((writer) => writer.integer(1, 0)), [0x08, 0x00]);
  assertEquals(bytesOf((writer) => writer.integer(1, 127)), [0x08, 0x7f]);
  assertEquals(bytesOf((writer) => writer.integer(1, 128)), [0x08, 0x80, 0x01]);
  assertEquals(bytesOf((writer) => writer.integer(20, 7)), [0xa0, 0x01, 0x07]);
  assertEquals(bytesOf((writer) => writer.integer(1, -2)), [0x08, 0xfe, ...Array(8).fill(0xff), 0x01]);
  assertEquals(bytesOf((writer) => writer.integer(1, 2 ** 53 - 1)), [0x08, ...Array(7).fill(0xff), 0x0f]);
  assertEquals(bytesOf((writer) => writer.integers(8, [1, 2])), [0x40, 1, 0x40, 2]);
  assertThrows(() => bytesOf((writer) => writer.integer(1, 0.5)), RangeError, "field 1 takes an integer, got 0.5");
  assertThrows(() => bytesOf((writer) => writer.integer(1, 2 ** 53)), RangeError, "takes an integer");
});

Deno.test("texts, bytes and messages are written as the encoding guide has them", () => {
  assertEquals(bytesOf((writer) => writer.text(2, "testing")), [0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  assertEquals(bytesOf((writer) => writer.text(2, "é")), [0x12, 2, 0xc3, 0xa9]);
  const inner = new ProtobufWriter().integer(1, 150);
  assertEquals(bytesOf((writer) => writer.message(3, inner)), [0x1a, 3, 0x08, 0x96, 0x01]);
  assertEquals(bytesOf((writer) => writer.message(3, new ProtobufWriter())), [0x1a, 0]);
  const long = bytesOf((writer) => writer.bytes(9, new Uint8Array(300)));
  assertEquals([long.length, ...long.slice(0, 3)], [303, 0x4a, 0xac, 0x02]);
});
