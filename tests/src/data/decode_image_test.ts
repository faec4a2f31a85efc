import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { encode as encodePng } from "fast-png";
import { decodeImage } from "../../../src/data/decode_image.ts";
import { jpegBytes, pngBytes } from "./sample_files.ts";

const size = { width: 2, height: 1 };
const firstPixel = (bytes: Uint8Array) => [...decodeImage(bytes, "a.png").rgb.subarray(0, 3)];

Deno.test("decodeImage reads grey and colour PNG, transparency shows black", () => {
  assertEquals(decodeImage(pngBytes([9], { width: 3, height: 2 }), "a.png"), {
    width: 3,
    height: 2,
    rgb: new Uint8Array(18).fill(9),
  });
  assertEquals(firstPixel(pngBytes([10, 20, 30], size)), [10, 20, 30]);
  assertEquals(firstPixel(pngBytes([200, 51], size)), [40, 40, 40]);
  assertEquals(firstPixel(pngBytes([100, 200, 50, 127], size)), [50, 100, 25]);
});

Deno.test("decodeImage takes the upper 8 of 16 bits", () => {
  const data = Uint16Array.of(0x1234, 0xff00, 0x00ff, 0, 0, 0);
  assertEquals(firstPixel(encodePng({ ...size, data, channels: 3, depth: 16 })), [0x12, 0xff, 0x00]);
});

/** A PNG of 3 x 1 pixels in one byte per row, made by hand: fast-png encodes no packed pixels. */
function packedPng(colourType: number, depth: number, row: number, chunks: Record<string, number[]>): Uint8Array {
  const png = encodePng({ width: 3, height: 1, data: new Uint8Array(3), channels: 1, depth: 8 });
  const withoutChunks = png.subarray(0, 8);
  return buildPng(withoutChunks, [
    ["IHDR", [0, 0, 0, 3, 0, 0, 0, 1, depth, colourType, 0, 0, 0]],
    ...Object.entries(chunks),
    // zlib with one stored block of two bytes: filter type 0 and the row; then Adler-32.
    ["IDAT", [0x78, 0x01, 0x01, 2, 0, 0xfd, 0xff, 0, row, ...adler32([0, row])]],
    ["IEND", []],
  ]);
}

function buildPng(signature: Uint8Array, chunks: [string, number[]][]): Uint8Array {
  const word = (value: number) => [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
  const bytes = chunks.flatMap(([type, data]) => {
    const body = [...new TextEncoder().encode(type), ...data];
    return [...word(data.length), ...body, ...word(crc32(body))];
  });
  return Uint8Array.from([...signature, ...bytes]);
}

function crc32(bytes: number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function adler32(bytes: number[]): number[] {
  let [a, b] = [1, 0];
  for (const byte of bytes) b = (b + (a = (a + byte) % 65521)) % 65521;
  return [b >> 8, b & 255, a >> 8, a & 255];
}

Deno.test("decodeImage reads packed grey levels and palettes, with their transparent ones", () => {
  const grey = decodeImage(packedPng(0, 2, 0b00_01_11_00, {}), "a.png");
  assertEquals([...grey.rgb], [0, 0, 0, 85, 85, 85, 255, 255, 255]);
  const keyed = decodeImage(packedPng(0, 2, 0b00_01_11_00, { tRNS: [0, 3] }), "a.png");
  assertEquals([...keyed.rgb], [0, 0, 0, 85, 85, 85, 0, 0, 0]);
  const palette = [10, 20, 30, 40, 50, 60, 70, 80, 90];
  const indexed = decodeImage(packedPng(3, 2, 0b10_00_01_00, { PLTE: palette, tRNS: [255, 0] }), "a.png");
  assertEquals([...indexed.rgb], [70, 80, 90, 10, 20, 30, 0, 0, 0]);
});

Deno.test("decodeImage reads JPEG, whatever the name says", () => {
  const { width, height, rgb } = decodeImage(jpegBytes([200, 100, 50], { width: 9, height: 5 }), "a.png");
  assertEquals([width, height, rgb.length], [9, 5, 135]);
  for (const [channel, value] of [200, 100, 50].entries()) assertAlmostEquals(rgb[channel], value, 3);
});

Deno.test("decodeImage gives grey for a grey JPEG", () => {
  const { rgb } = decodeImage(jpegBytes([90, 90, 90], size), "a.jpg");
  assert(rgb.every((value) => value === rgb[0]), `${rgb}`);
});

Deno.test("decodeImage names a file that is damaged or something else", () => {
  const png = pngBytes([1, 2, 3], { width: 20, height: 20 });
  const jpg = jpegBytes([1, 2, 3], { width: 20, height: 20 });
  const faults: [string, Uint8Array][] = [
    ["neither PNG nor JPEG inside", new TextEncoder().encode("GIF89a and more")],
    ["neither PNG nor JPEG inside", new Uint8Array(0)],
    ["cannot be decoded", png.subarray(0, 45)],
    ["cannot be decoded", png.map((byte, index) => index === 45 ? byte ^ 255 : byte)],
    ["cannot be decoded", jpg.subarray(0, 200)],
  ];
  for (const [fault, bytes] of faults) {
    const { message } = assertThrows(() => decodeImage(bytes, "/data/cat/7.png"), Error, fault);
    assertEquals(message.startsWith("/data/cat/7.png: "), true, message);
    assertEquals(message.includes("\n"), false, message);
  }
});
