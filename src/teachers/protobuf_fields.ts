// The wire format of protocol buffers, as far as what is read of ONNX files needs it.

const varint = 0;
const eightBytes = 1;
const delimited = 2;
const fourBytes = 5;

/** A field of a message: its bytes where it is delimited, else its number where that is a varint. */
export interface Field {
  number: number;
  bytes?: Uint8Array;
  value?: bigint;
}

export function brokenProtobuf(): RangeError {
  return new RangeError("not an ONNX model that can be run: it is cut off or no protocol buffer");
}

/** The fields of a message in their order. RangeError where it is none. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let place = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (place >= message.length) throw brokenProtobuf();
      const byte = message[place++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw brokenProtobuf();
  };
  const take = (length: number): Uint8Array => {
    if (!(length <= message.length - place)) throw brokenProtobuf();
    return message.subarray(place, place += length);
  };
  while (place < message.length) {
    const tag = Number(readVarint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case varint:
        yield { number, value: readVarint() };
        break;
      case eightBytes:
        take(8);
        break;
      case delimited:
        yield { number, bytes: take(Number(readVarint())) };
        break;
      case fourBytes:
        take(4);
        break;
      default:
        throw brokenProtobuf();
    }
  }
}

/** A pair of texts, `StringStringEntryProto` of onnx.proto; what is not there is "". */
export function textEntry(message: Uint8Array): [key: string, text: string] {
  const texts = new Map<number, string>();
  for (const { bytes, number } of fieldsOf(message)) {
    if (bytes) texts.set(number, new TextDecoder().decode(bytes));
  }
  return [texts.get(1) ?? "", texts.get(2) ?? ""];
}
