// The part of protocol buffers' wire format that ONNX needs: varints, and what is delimited by its length.

const wireVarint = 0;
const wireBytes = 2;

/** Writes one message, field after field. Bytes given to it are kept by reference until `finish`. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #append(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  #varint(value: number): void {
    // BigInt gives negative numbers the ten bytes of their 64-bit two's complement.
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#append(Uint8Array.of(...bytes, Number(rest)));
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field << 3 | wireType);
  }

  /** An int64, int32 or enum. RangeError where `value` is no safe integer. */
  integer(field: number, value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`field ${field} takes an integer, got ${value}`);
    this.#tag(field, wireVarint);
    this.#varint(value);
    return this;
  }

  integers(field: number, values: readonly number[]): this {
    for (const value of values) this.integer(field, value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, wireBytes);
    this.#varint(value.length);
    this.#append(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtobufWriter): this {
    this.#tag(field, wireBytes);
    this.#varint(value.#length);
    for (const part of value.#parts) this.#append(part);
    return this;
  }

  /** The message's bytes. */
  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}
