// Reads protocol buffers out of a file, jumping over what is not asked for: a model's weights are never in memory.

/** A field of a message: `value` for varints, a place in the file for what is delimited by its length. */
export interface ProtobufField {
  number: number;
  value?: number;
  place?: ProtobufPlace;
}

/** Bytes `start` to `end` of the file. */
export interface ProtobufPlace {
  start: number;
  end: number;
}

const windowBytes = 1 << 16;
/** A file of nothing but empty fields would take minutes. */
const maximumFields = 5_000_000;
const maximumTextBytes = 4096;

/** Reads messages of an open file. Every method throws an Error where the bytes are no protocol buffer. */
export class ProtobufReader {
  readonly #file: Deno.FsFile;
  readonly #window = new Uint8Array(windowBytes);
  #windowStart = 0;
  #windowLength = 0;
  #fieldsLeft = maximumFields;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  #byte(offset: number): number {
    if (offset < this.#windowStart || offset >= this.#windowStart + this.#windowLength) {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      this.#windowStart = offset;
      this.#windowLength = this.#file.readSync(this.#window) ?? 0;
      if (this.#windowLength === 0) throw new Error("the file is cut off");
    }
    return this.#window[offset - this.#windowStart];
  }

  #varint(start: number, end: number): { value: number; end: number } {
    let value = 0n;
    for (let index = 0; index < 10; index++) {
      if (start + index >= end) throw new Error("a number is cut off");
      const byte = this.#byte(start + index);
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return { value: Number(BigInt.asIntN(64, value)), end: start + index + 1 };
    }
    throw new Error("a number has more than 10 bytes");
  }

  /** The fields of the message at `place`, in order. */
  *fields({ start, end }: ProtobufPlace): Generator<ProtobufField> {
    let offset = start;
    const skip = (bytes: number) => {
      if (bytes < 0 || offset + bytes > end) throw new Error("a field is cut off");
      const skipped = { start: offset, end: offset + bytes };
      offset += bytes;
      return skipped;
    };
    while (offset < end) {
      if (--this.#fieldsLeft < 0) throw new Error(`it has more than ${maximumFields} fields`);
      const tag = this.#varint(offset, end);
      offset = tag.end;
      const number = Math.floor(tag.value / 8);
      if (number < 1) throw new Error(`there is no field ${number}`);
      switch (tag.value % 8) {
        case 0: {
          const { value, end: next } = this.#varint(offset, end);
          offset = next;
          yield { number, value };
          break;
        }
        case 1:
          skip(8);
          yield { number };
          break;
        case 2: {
          const length = this.#varint(offset, end);
          offset = length.end;
          yield { number, place: skip(length.value) };
          break;
        }
        case 5:
          skip(4);
          yield { number };
          break;
        default:
          throw new Error(`there is no field type ${tag.value % 8}`);
      }
    }
  }

  /** The text at `place`. */
  text({ start, end }: ProtobufPlace): string {
    if (end - start > maximumTextBytes) throw new Error(`a name has ${end - start} bytes`);
    return new TextDecoder().decode(Uint8Array.from({ length: end - start }, (_, index) => this.#byte(start + index)));
  }
}
