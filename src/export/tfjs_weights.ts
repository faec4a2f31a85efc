// How both kinds of TF.js models keep their weights: named in model.json, their values one after the other in a file.

/** What the file of weights is called, beside model.json. */
export const tfjsWeightsFile = "weights.bin";

export interface StoredWeight {
  name: string;
  shape: readonly number[];
  values: Float32Array | Int32Array;
}

/** What model.json says of the weights. */
export type WeightsManifest = {
  paths: string[];
  weights: { name: string; shape: number[]; dtype: "float32" | "int32" }[];
}[];

/** The manifest of `weights` and the values that it describes, little-endian, four bytes each. */
export function storeWeights(
  weights: readonly StoredWeight[],
): { manifest: WeightsManifest; bytes: Uint8Array<ArrayBuffer> } {
  const bytes = new Uint8Array(4 * weights.reduce((sum, { values }) => sum + values.length, 0));
  let offset = 0;
  for (const { values } of weights) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  const described = weights.map(({ name, shape, values }) => ({
    name,
    shape: [...shape],
    dtype: values instanceof Int32Array ? "int32" as const : "float32" as const,
  }));
  return { manifest: [{ paths: [tfjsWeightsFile], weights: described }], bytes };
}
