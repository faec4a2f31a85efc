// The .npy format of NumPy (NEP 1): magic, version, length of the header, the header as a Python dictionary, raw values.

/** What a header says. */
export interface NpyHeader {
  dtype: "F16" | "F32" | "F64";
  shape: number[];
  /** Where the values begin. */
  dataStart: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const dtypes: Readonly<Record<string, NpyHeader["dtype"]>> = { "<f2": "F16", "<f4": "F32", "<f8": "F64" };

/** Bytes per value. */
export const npyItemBytes = { F16: 2, F32: 4, F64: 8 } as const;

/** Bytes of the beginning that {@linkcode readNpyHeader} needs at most. */
export const npyOpeningBytes = 1 << 16;

/** Whether `opening`, the first bytes of a file, begins one. */
export function looksLikeNpy(opening: Uint8Array): boolean {
  return opening.length >= magic.length && magic.every((byte, place) => opening[place] === byte);
}

/**
 * Reads the header out of the first bytes of a file of `fileBytes`. RangeError that begins with `path` where it is cut off,
 * has another length than its shape says, or values that are not little-endian floats in C order.
 */
export function readNpyHeader(path: string, opening: Uint8Array, fileBytes: number): NpyHeader {
  const fail = (why: string) => new RangeError(`${path}: ${why}`);
  if (!looksLikeNpy(opening) || opening.length < 12) throw fail("not a whole .npy file");
  const view = new DataView(opening.buffer, opening.byteOffset, opening.byteLength);
  const version = opening[6];
  if (version < 1 || version > 3) throw fail(`.npy version ${version}; allowed are 1 to 3`);
  const headerStart = version === 1 ? 10 : 12;
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + headerBytes;
  if (dataStart > fileBytes) throw fail("not a whole .npy file: the header is cut off");
  if (dataStart > opening.length) throw fail(`the .npy header has ${headerBytes} bytes`);
  const text = new TextDecoder("latin1").decode(opening.subarray(headerStart, dataStart));
  const descr = /'descr'\s*:\s*'([^']{1,20})'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\s,]{0,200})\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || sizes === undefined) {
    throw fail("the .npy header has no single descr, fortran_order and shape");
  }
  const dtype = Object.hasOwn(dtypes, descr) ? dtypes[descr] : undefined;
  if (!dtype) {
    throw fail(`its values are ${descr}; allowed are ${Object.keys(dtypes).join(", ")} (little-endian floats)`);
  }
  if (order === "True") throw fail("its values are in Fortran order; save numpy.ascontiguousarray of it");
  const shape = sizes.split(",").map((size) => size.trim()).filter((size) => size !== "").map(Number);
  const wanted = shape.reduce((product, size) => product * size, npyItemBytes[dtype]);
  if (fileBytes - dataStart !== wanted) {
    throw fail(`it holds ${fileBytes - dataStart} bytes of values; [${shape}] of ${descr} are ${wanted}`);
  }
  return { dtype, shape, dataStart };
}
