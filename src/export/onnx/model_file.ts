// The messages of an ONNX file. Field numbers are those of onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
import { ProtobufWriter } from "./protobuf.ts";

/** Operator set that the nodes are written in. */
const opset = 17;
/** The file format's version that belongs to it. */
const irVersion = 8;

const elementTypes = { float: 1, int64: 7 } as const;
const attributeTypes = { integer: 2, integers: 7 } as const;

/** An operator's attribute; these two kinds are all that is needed. */
export type Attribute = number | readonly number[];

export interface OnnxNode {
  name: string;
  op: string;
  inputs: readonly string[];
  output: string;
  attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of the graph. */
export interface OnnxConstant {
  name: string;
  shape: readonly number[];
  values: Float32Array | BigInt64Array;
}

/** A graph's input or output, of floats. */
export interface OnnxPort {
  name: string;
  /** A size that is open until the graph runs is a name; sizes of one name are equal. */
  shape: readonly (number | string)[];
}

export interface OnnxGraph {
  name: string;
  input: OnnxPort;
  output: OnnxPort;
  nodes: readonly OnnxNode[];
  constants: readonly OnnxConstant[];
  /** Texts by name, which no runtime needs. */
  metadata?: Readonly<Record<string, string>>;
}

function attribute(name: string, value: Attribute): ProtobufWriter {
  const message = new ProtobufWriter().text(1, name);
  return typeof value === "number"
    ? message.integer(3, value).integer(20, attributeTypes.integer)
    : message.integers(8, value).integer(20, attributeTypes.integers);
}

function nodeMessage({ name, op, inputs, output, attributes }: OnnxNode): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const input of inputs) message.text(1, input);
  message.text(2, output).text(3, name).text(4, op);
  for (const [key, value] of Object.entries(attributes)) message.message(5, attribute(key, value));
  return message;
}

function constantMessage({ name, shape, values }: OnnxConstant): ProtobufWriter {
  const type = values instanceof Float32Array ? elementTypes.float : elementTypes.int64;
  // Raw data is little-endian, as every machine is that Deno and browsers run on.
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new ProtobufWriter().integers(1, shape).integer(2, type).text(8, name).bytes(9, raw);
}

function portMessage({ name, shape }: OnnxPort): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    dimensions.message(1, typeof size === "number" ? dimension.integer(1, size) : dimension.text(2, size));
  }
  const tensor = new ProtobufWriter().integer(1, elementTypes.float).message(2, dimensions);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

/** The bytes of an ONNX file. */
export function encodeModelFile(
  { name, input, output, nodes, constants, metadata = {} }: OnnxGraph,
): Uint8Array<ArrayBuffer> {
  const graph = new ProtobufWriter();
  for (const node of nodes) graph.message(1, nodeMessage(node));
  graph.text(2, name);
  for (const constant of constants) graph.message(5, constantMessage(constant));
  graph.message(11, portMessage(input)).message(12, portMessage(output));
  const file = new ProtobufWriter()
    .integer(1, irVersion)
    .text(2, "nacre")
    .message(7, graph)
    .message(8, new ProtobufWriter().text(1, "").integer(2, opset));
  for (const [key, value] of Object.entries(metadata)) {
    file.message(14, new ProtobufWriter().text(1, key).text(2, value));
  }
  return file.finish();
}
