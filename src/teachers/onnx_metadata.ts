import { fieldsOf, textEntry } from "./protobuf_fields.ts";

// Of ModelProto in onnx.proto.
const metadataField = 14;

/** The metadata of the ONNX file `file`, texts by name. RangeError where it is no protocol buffer. */
export function onnxMetadata(file: Uint8Array): Record<string, string> {
  const entries = [...fieldsOf(file)].flatMap(({ bytes, number }) =>
    bytes && number === metadataField ? [textEntry(bytes)] : []
  );
  return Object.fromEntries(entries);
}
