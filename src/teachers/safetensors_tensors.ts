// Any safetensors file as named tensors of floats. Files come from elsewhere: nothing in the header is believed unchecked.

/** A tensor as it lies in the file. */
export interface StoredTensor {
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

export interface SafetensorsContent {
  metadata: Record<string, string>;
  tensors: Map<string, StoredTensor>;
}

// Headers of real models are some 100 KB; parsing JSON of this size takes well below a second.
const mostHeaderBytes = 16 << 20;

const itemBytes = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
type FloatType = keyof typeof itemBytes;

function isFloatType(dtype: string): dtype is FloatType {
  return Object.hasOwn(itemBytes, dtype);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** Whether `opening`, the first bytes of a file, may begin one. */
export function looksLikeSafetensors(opening: Uint8Array): boolean {
  if (opening.length < 9 || opening[8] !== 0x7b) return false;
  return new DataView(opening.buffer, opening.byteOffset).getBigUint64(0, true) <= 1n << 32n;
}

/** Splits a safetensors file. Throws a RangeError of one line that begins with `path` where it is none or cut off. */
export function readSafetensors(file: Uint8Array, path: string): SafetensorsContent {
  const fail = (why: string) => new RangeError(`${path}: not a whole safetensors file: ${why}`);
  if (file.length < 8) throw fail("shorter than the length of its header");
  const headerBytes = new DataView(file.buffer, file.byteOffset, file.byteLength).getBigUint64(0, true);
  if (headerBytes > BigInt(file.length - 8)) throw fail("the header is cut off");
  if (headerBytes > BigInt(mostHeaderBytes)) throw fail(`the header has ${headerBytes} bytes`);
  const data = file.subarray(8 + Number(headerBytes));
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + Number(headerBytes))));
  } catch {
    throw fail("the header is not JSON");
  }
  if (!isRecord(header)) throw fail("the header is not an object");
  const metadata: Record<string, string> = {};
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (!isRecord(entry)) throw fail(`"${name.slice(0, 80)}" is not an object`);
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry)) metadata[key] = String(value);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = entry;
    if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
      throw fail(`tensor "${name.slice(0, 80)}" has no dtype, shape and data_offsets`);
    }
    const [begin, end] = offsets;
    if (begin > end || end > data.length) throw fail(`tensor "${name.slice(0, 80)}" is cut off`);
    const count = shape.reduce((product, length) => product * length, 1);
    if (isFloatType(dtype) && end - begin !== count * itemBytes[dtype]) {
      throw fail(`tensor "${name.slice(0, 80)}" has ${end - begin} bytes for [${shape}] of ${dtype}`);
    }
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { metadata, tensors };
}

/** A number of 16 bits: one of sign, five of exponent, ten of fraction (IEEE 754 binary16). */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = bits >> 10 & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Little-endian values of `bytes` as floats, a copy; `dtype` as safetensors calls it. */
export function floatsOf(dtype: FloatType, bytes: Uint8Array): Float32Array {
  // A copy begins at a multiple of eight bytes.
  const { buffer } = bytes.slice();
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "BF16": {
      const whole = Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16);
      return new Float32Array(whole.buffer);
    }
    default:
      return dtype satisfies never;
  }
}

/** A tensor's values; RangeError that names file and tensor where it is missing, no float, of another shape, or not finite. */
export function tensorValues(
  { tensors }: SafetensorsContent,
  { path, name, shape }: { path: string; name: string; shape?: readonly number[] },
): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`${path}: it has no tensor "${name}"`);
  const { dtype } = tensor;
  if (!isFloatType(dtype)) {
    throw new RangeError(`${path}: tensor "${name}" is ${dtype}; allowed are ${Object.keys(itemBytes).join(", ")}`);
  }
  if (shape && tensor.shape.join() !== shape.join()) {
    throw new RangeError(`${path}: tensor "${name}" is [${tensor.shape}], not [${shape}]`);
  }
  const values = floatsOf(dtype, tensor.bytes);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new RangeError(`${path}: value ${wrong} of tensor "${name}" is ${values[wrong]}`);
  return values;
}
