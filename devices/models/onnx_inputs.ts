// What an ONNX file says of its inputs, without its weights. Field numbers are those of onnx.proto3,
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
import type { DeclaredInput, DeclaredSize } from "./declared_input.ts";
import { type ProtobufField, type ProtobufPlace, ProtobufReader } from "./protobuf_reader.ts";

const elementTypes: Readonly<Record<number, string>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
};
const externalLocation = 1;
const maximumDepth = 50;

/** Fields that lead to other messages which may hold tensors, by message and field number. */
const containers = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  function: { 7: "node", 11: "attribute" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: {},
} as const satisfies Record<string, Record<number, string>>;

type Message = keyof typeof containers;

function hasExternalData(reader: ProtobufReader, message: Message, place: ProtobufPlace, depth = 0): boolean {
  if (depth > maximumDepth) throw new Error(`its graphs are nested more than ${maximumDepth} deep`);
  const inner: Record<number, Message | undefined> = containers[message];
  for (const field of reader.fields(place)) {
    if (message === "tensor" && (field.number === 13 || field.number === 14 && field.value === externalLocation)) {
      return true;
    }
    const kind = inner[field.number];
    if (kind && field.place && hasExternalData(reader, kind, field.place, depth + 1)) return true;
  }
  return false;
}

function find(fields: Iterable<ProtobufField>, number: number): ProtobufField | undefined {
  for (const field of fields) if (field.number === number) return field;
}

function nameOf(reader: ProtobufReader, place: ProtobufPlace, number: number): string {
  const name = find(reader.fields(place), number)?.place;
  return name ? reader.text(name) : "";
}

function sizeOf(reader: ProtobufReader, dimension: ProtobufPlace): DeclaredSize {
  const size = find(reader.fields(dimension), 1)?.value;
  return size !== undefined && size >= 1 ? size : undefined;
}

function inputOf(reader: ProtobufReader, valueInfo: ProtobufPlace): DeclaredInput {
  const name = nameOf(reader, valueInfo, 1);
  const type = find(reader.fields(valueInfo), 2)?.place;
  const tensor = type && find(reader.fields(type), 1)?.place;
  if (!tensor) return { name, type: "something that is no tensor" };
  const elementType = find(reader.fields(tensor), 1)?.value ?? 0;
  const shape = find(reader.fields(tensor), 2)?.place;
  return {
    name,
    type: elementTypes[elementType] ?? `data of type ${elementType}`,
    shape: shape &&
      [...reader.fields(shape)].flatMap(({ number, place }) => number === 1 && place ? [sizeOf(reader, place)] : []),
  };
}

/** Inputs of the graph; old files list constants among them, which do not count. */
function inputsOf(reader: ProtobufReader, graph: ProtobufPlace): DeclaredInput[] {
  const inputs: DeclaredInput[] = [];
  const constants = new Set<string>();
  for (const { number, place } of reader.fields(graph)) {
    if (number === 11 && place) inputs.push(inputOf(reader, place));
    if (number === 5 && place) constants.add(nameOf(reader, place, 8));
  }
  return inputs.filter(({ name }) => !constants.has(name));
}

/** Inputs of the ONNX file at `path`. Error in one line where it is none, is cut off, or keeps weights in other files. */
export async function readOnnxInputs(path: string): Promise<DeclaredInput[]> {
  using file = await Deno.open(path);
  const whole = { start: 0, end: (await file.stat()).size };
  const reader = new ProtobufReader(file);
  let graphs: ProtobufPlace[];
  let inputs: DeclaredInput[];
  let external: boolean;
  try {
    // A message that comes in parts is their union.
    graphs = [...reader.fields(whole)].flatMap(({ number, place }) => number === 7 && place ? [place] : []);
    inputs = graphs.flatMap((graph) => inputsOf(reader, graph));
    external = hasExternalData(reader, "model", whole);
  } catch (error) {
    throw new Error(`${path} is neither JSON nor a whole ONNX file: ${(error as Error).message}`);
  }
  if (graphs.length === 0) throw new Error(`${path} is no ONNX file: it has no graph`);
  if (external) throw new Error(`${path} keeps weights in other files; save it as one file`);
  return inputs;
}
