// The safetensors format: 8 bytes of header length, a JSON header, raw little-endian tensors.
import { layoutOf, type NodeLayout, type PlacedWeight } from "../ops/layout.ts";
import { batchNormEpsilon } from "../ops/normalised.ts";
import { type Architecture, architectureSchema } from "../schemas/architecture.ts";
import type { Weights } from "../models/weights.ts";
import { type ImageNormalisation, normalisationMetadata } from "./image_normalisation.ts";

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Names as `3.conv.kernel`: node index, op, weight. */
function named(
  nodes: readonly NodeLayout[],
  kind: "parameters" | "statistics",
): { name: string; weight: PlacedWeight }[] {
  return nodes.flatMap(({ node, [kind]: weights }, index) =>
    weights.map((weight) => ({ name: `${index}.${node.op}.${weight.name}`, weight }))
  );
}

/**
 * `weights` with their architecture in the metadata, as one safetensors file; with `statesEpsilon` also the epsilon of the
 * batch norms, for other readers, and with `normalisation` that of the network's images. Nacre's own files are known by
 * their hashes: equal weights give the file they always did.
 */
export function encodeSafetensors(
  architecture: Architecture,
  weights: Weights,
  { normalisation, statesEpsilon = false }: { normalisation?: ImageNormalisation; statesEpsilon?: boolean } = {},
): Uint8Array {
  const { nodes } = layoutOf(architecture);
  const header: Record<string, HeaderEntry | Record<string, string>> = {
    __metadata__: {
      format: "nacre",
      architecture: JSON.stringify(architecture),
      ...(statesEpsilon && { batchNormEpsilon: String(batchNormEpsilon) }),
      ...normalisationMetadata(normalisation),
    },
  };
  const parts: Float32Array[] = [];
  let offset = 0;
  for (const kind of ["parameters", "statistics"] as const) {
    for (const { name, weight } of named(nodes, kind)) {
      const part = weights[kind].subarray(weight.offset, weight.offset + weight.size);
      header[name] = { dtype: "F32", shape: weight.shape, data_offsets: [offset, offset + part.byteLength] };
      offset += part.byteLength;
      parts.push(part);
    }
  }
  const text = JSON.stringify(header);
  // The format wants the tensors to begin at a multiple of eight bytes.
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const file = new Uint8Array(8 + json.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let place = 8 + json.length;
  for (const part of parts) {
    file.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), place);
    place += part.byteLength;
  }
  return file;
}

/** Reads what {@linkcode encodeSafetensors} wrote; an Error that begins with `name` where `file` is something else. */
export function decodeSafetensors(file: Uint8Array, name: string): { architecture: Architecture; weights: Weights } {
  const fail = (why: string) => new Error(`${name}: ${why}`);
  if (file.length < 8) throw fail("not a safetensors file: shorter than its header");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > file.length - 8) throw fail("not a safetensors file: the header is cut off");
  let header: Record<string, HeaderEntry> & { __metadata__?: { architecture?: string; batchNormEpsilon?: string } };
  let architecture: Architecture;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
    architecture = architectureSchema.parse(JSON.parse(header.__metadata__?.architecture ?? "null"));
  } catch {
    throw fail("the header holds no architecture");
  }
  // Most files do not state it; theirs is the same.
  const epsilon = header.__metadata__?.batchNormEpsilon;
  if (epsilon !== undefined && Number(epsilon) !== batchNormEpsilon) {
    throw fail(`its batch norms have the epsilon ${epsilon}; here it is ${batchNormEpsilon}`);
  }
  const layout = layoutOf(architecture);
  const weights: Weights = {
    parameters: new Float32Array(layout.parameterCount),
    statistics: new Float32Array(layout.statisticCount),
  };
  for (const kind of ["parameters", "statistics"] as const) {
    for (const { name: tensor, weight } of named(layout.nodes, kind)) {
      const entry = header[tensor];
      if (entry?.dtype !== "F32" || entry.shape.join() !== weight.shape.join()) {
        throw fail(`tensor ${tensor} is not F32 [${weight.shape}]`);
      }
      const [begin, end] = entry.data_offsets;
      if (end - begin !== 4 * weight.size || 8 + headerBytes + end > file.length) {
        throw fail(`tensor ${tensor} is cut off`);
      }
      const bytes = file.slice(8 + headerBytes + begin, 8 + headerBytes + end);
      weights[kind].set(new Float32Array(bytes.buffer), weight.offset);
    }
  }
  return { architecture, weights };
}
