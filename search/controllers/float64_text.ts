// Numbers as text for snapshots: exact, and half as long as JSON's decimals.
import * as z from "zod";
import { decoded } from "./decoded.ts";

/** The text of {@linkcode encodeFloat64} of `length` values, which it becomes. */
export function float64Schema(length: number) {
  return decoded(z.string(), (text) => decodeFloat64(text, length));
}

/** The bytes of `values`, little-endian, in base64. */
export function encodeFloat64(values: Float64Array): string {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i], true);
  return new Uint8Array(view.buffer).toBase64();
}

/** The `length` values of {@linkcode encodeFloat64}; RangeError where `text` holds another number of them. */
export function decodeFloat64(text: string, length: number): Float64Array {
  const bytes = Uint8Array.fromBase64(text);
  if (bytes.length !== 8 * length) {
    throw new RangeError(`A snapshot holds ${bytes.length} bytes of numbers; ${length} numbers take ${8 * length}`);
  }
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length }, (_, i) => view.getFloat64(8 * i, true));
}
