import { assertEquals, assertThrows } from "@std/assert";
import { decodeSafetensors, encodeSafetensors } from "../../../src/export/safetensors.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });
const architecture = space.decode(space.decisions.map(() => 1));
const weights = initialiseWeights(architecture, 4, { randomStatistics: true });

Deno.test("safetensors come back as they were written", () => {
  assertEquals(decodeSafetensors(encodeSafetensors(architecture, weights), "a file"), { architecture, weights });
});

Deno.test("a safetensors file begins with its header length, its tensors at a multiple of eight", () => {
  const file = encodeSafetensors(architecture, weights);
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  // Nothing else: teachers and what is kept of them are known by the file's hash.
  assertEquals(header.__metadata__, { format: "nacre", architecture: JSON.stringify(architecture) });
  const kernel = header["0.conv.kernel"];
  assertEquals([kernel.dtype, kernel.shape], ["F32", [3, 3, 1, 16]]);
  const [begin, end] = kernel.data_offsets;
  const values = new Float32Array(file.slice(8 + length + begin, 8 + length + end).buffer);
  assertEquals(values, weights.parameters.subarray(0, 144));
});

Deno.test("a safetensors file states its epsilon where asked to; one of another is refused, one without is read", () => {
  const file = encodeSafetensors(architecture, weights, { statesEpsilon: true });
  const change = (from: string, to: string) => {
    const length = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(file.subarray(8, length));
    assertEquals(header.split(from).length, 2);
    return Uint8Array.of(
      ...file.subarray(0, 8),
      ...new TextEncoder().encode(header.replace(from, to)),
      ...file.subarray(length),
    );
  };
  const stated = '"batchNormEpsilon":"0.001"';
  const other = change(stated, stated.replace("0.001", "1e-05"));
  assertThrows(
    () => decodeSafetensors(other, "x"),
    Error,
    "x: its batch norms have the epsilon 1e-05; here it is 0.001",
  );
  const without = change(stated, stated.replace("batchNormEpsilon", "batchNormUnknown"));
  assertEquals(decodeSafetensors(without, "x"), { architecture, weights });
});

Deno.test("a damaged safetensors file is named with what is wrong", () => {
  const file = encodeSafetensors(architecture, weights);
  assertThrows(
    () => decodeSafetensors(file.subarray(0, 4), "x.safetensors"),
    Error,
    "x.safetensors: not a safetensors",
  );
  assertThrows(() => decodeSafetensors(file.subarray(0, 300), "x.safetensors"), Error, "the header is cut off");
  assertThrows(() => decodeSafetensors(file.subarray(0, file.length - 1), "x.safetensors"), Error, "is cut off");
  assertThrows(() => decodeSafetensors(new Uint8Array(64), "x.safetensors"), Error, "no architecture");
});
