// The smallest network there is, for finding out whether a runtime runs at all before a user's network is blamed.

const text = new TextEncoder();

/** A field of a protocol buffer: a text, a message of fields, or a number below 128. */
function field(number: number, value: string | number | Uint8Array[]): Uint8Array {
  if (typeof value === "number") return Uint8Array.of(number << 3, value);
  const bytes = typeof value === "string" ? text.encode(value) : Uint8Array.from(value.flatMap((part) => [...part]));
  return Uint8Array.of(number << 3 | 2, bytes.length, ...bytes);
}

function value(name: string): Uint8Array[] {
  const float = 1;
  const shape = [field(1, [field(1, 1)])];
  return [field(1, name), field(2, [field(1, [field(1, float), field(2, shape)])])];
}

/** An ONNX file: `y = relu(x)` of one float. */
export function probeModel(): Uint8Array {
  const node = [field(1, "x"), field(2, "y"), field(4, "Relu")];
  const graph = [field(1, node), field(2, "probe"), field(11, value("x")), field(12, value("y"))];
  const model = [field(1, 8), field(7, graph), field(8, [field(2, 17)])];
  return Uint8Array.from(model.flatMap((part) => [...part]));
}
