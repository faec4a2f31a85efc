// Files beside an ONNX file that hold its weights: exporters put them there where they are large. Only the names are read
// of the protocol buffer; field numbers are those of onnx.proto.
import { createHash, type Hash } from "node:crypto";
import { brokenProtobuf, fieldsOf, textEntry } from "./protobuf_fields.ts";

// As the reference implementation of protocol buffers refuses.
const mostDepth = 100;

/** Messages that hold tensors, by field number: what each such field is. */
interface MessageKind {
  [field: number]: MessageKind | "tensor";
}

const sparseTensor: MessageKind = { 1: "tensor", 2: "tensor" };
const attribute: MessageKind = { 5: "tensor", 10: "tensor", 22: sparseTensor, 23: sparseTensor };
const node: MessageKind = { 5: attribute };
const graph: MessageKind = { 1: node, 5: "tensor", 15: sparseTensor };
// Branches and loops hold graphs of their own.
Object.assign(attribute, { 6: graph, 11: graph });
const training: MessageKind = { 1: graph, 2: graph };
const model: MessageKind = { 7: graph, 20: training, 25: { 7: node } };

const externalData = 13;
const dataLocation = 14;

/** Adds the file that a tensor lies in, if it does. */
function addLocation(tensor: Uint8Array, locations: Set<string>): void {
  const own: string[] = [];
  let external = false;
  for (const { number, bytes, value } of fieldsOf(tensor)) {
    if (number === dataLocation && value !== undefined) external = value === 1n;
    if (number !== externalData || !bytes) continue;
    const [key, text] = textEntry(bytes);
    if (key === "location") own.push(text);
  }
  for (const location of external ? own : []) locations.add(location);
}

function addLocations(message: Uint8Array, kind: MessageKind, locations: Set<string>, depth = 0): void {
  if (depth > mostDepth) throw brokenProtobuf();
  for (const { number, bytes } of fieldsOf(message)) {
    const inner = kind[number];
    if (!bytes || inner === undefined) continue;
    if (inner === "tensor") addLocation(bytes, locations);
    else addLocations(bytes, inner, locations, depth + 1);
  }
}

/**
 * Names of the files that tensors of the ONNX file `file` lie in, as it gives them, sorted. RangeError where it is no
 * protocol buffer.
 */
export function externalLocations(file: Uint8Array): string[] {
  const locations = new Set<string>();
  addLocations(file, model, locations);
  return [...locations].sort();
}

async function addFile(hash: Hash, path: string): Promise<void> {
  using file = await Deno.open(path);
  for await (const bytes of file.readable) hash.update(bytes);
}

/**
 * The hash of an ONNX file and of the files beside it that hold its weights, whose names are `locations`. RangeError that
 * begins with `path` where one is not there, or not within the folder of the model.
 */
export async function onnxHash(file: Uint8Array, path: string, locations: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(file);
  const folder = path.slice(0, path.lastIndexOf("/") + 1) || "./";
  for (const location of locations) {
    const parts = location.split(/[\\/]/);
    if (parts[0] === "" || parts.includes("..")) {
      throw new RangeError(`${path}: its weights lie in "${location}", which is not within the folder of the model`);
    }
    const { isFile, size } = await Deno.stat(`${folder}${location}`).catch(() => ({ isFile: false, size: 0 }));
    if (!isFile) throw new RangeError(`${path}: its weights lie in "${location}", which is not beside it`);
    hash.update(JSON.stringify([location, size]));
    await addFile(hash, `${folder}${location}`);
  }
  return hash.digest("hex");
}
