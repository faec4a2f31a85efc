// What a model file says of its inputs, and the one input shape that is measured.

/** A size that the file leaves open is undefined. */
export type DeclaredSize = number | undefined;

/** An input as a model file declares it. */
export interface DeclaredInput {
  name: string;
  /** As the file's format calls it; "float32" is what can be measured. */
  type: string;
  /** Undefined where the file does not even say how many dimensions it has. */
  shape?: readonly DeclaredSize[];
}

const maximumDimensions = 8;
/** Values of one input: 64 MiB of floats. */
const maximumValues = 1 << 24;
/** Of height and width in the example that errors give. */
const exampleSize = 224;

function text(shape: readonly DeclaredSize[]): string {
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

function askFor(name: string, shape: readonly DeclaredSize[] | undefined): string {
  const example = shape?.map((size, index) => size ?? (index === 0 ? 1 : exampleSize)) ??
    [1, exampleSize, exampleSize, 3];
  const what = shape ? `leaves sizes of its input ${name} open, ${text(shape)}` : `does not say its input's shape`;
  return `${what}: add for instance --input-shape ${example.join(",")}`;
}

function fits(shape: readonly DeclaredSize[], asked: readonly number[]): boolean {
  return shape.length === asked.length && shape.every((size, index) => size === undefined || size === asked[index]);
}

/**
 * The shape to measure with: as declared, a batch left open being 1, or as `asked` for. RangeError that begins with `what`
 * where there is not exactly one input of floats, where sizes are missing, or where `asked` contradicts the file.
 */
export function chooseInputShape(
  what: string,
  inputs: readonly DeclaredInput[],
  asked: readonly number[] | undefined,
): number[] {
  if (inputs.length !== 1) {
    const names = inputs.slice(0, 8).map(({ name }) => name).join(", ");
    throw new RangeError(
      `${what} has ${inputs.length} inputs${names && ` (${names})`}; only models with one can be timed`,
    );
  }
  const [{ name, type, shape }] = inputs;
  if (type !== "float32") throw new RangeError(`${what} takes ${type}, not float32, as its input ${name}`);
  if (asked && shape && !fits(shape, asked)) {
    throw new RangeError(`${what} takes ${text(shape)} as its input ${name}, not --input-shape ${asked.join(",")}`);
  }
  const chosen = shape?.map((size, index) => size ?? (index === 0 ? 1 : 0));
  if (!asked && (!chosen || chosen.includes(0))) throw new RangeError(`${what} ${askFor(name, shape)}`);
  return requireMeasurable(what, asked ?? chosen ?? []);
}

/** `shape`, or a RangeError where it is not one of 1 to 8 dimensions and at most 2^24 values. */
export function requireMeasurable(what: string, shape: readonly number[]): number[] {
  if (
    shape.length === 0 || shape.length > maximumDimensions || shape.some((size) => !Number.isInteger(size) || size < 1)
  ) {
    throw new RangeError(
      `${what} takes ${text(shape)}; an input has 1 to ${maximumDimensions} dimensions, each at least 1`,
    );
  }
  const values = shape.reduce((product, size) => product * size, 1);
  if (values > maximumValues) {
    throw new RangeError(`${what} takes ${text(shape)}, which is ${values} values; at most ${maximumValues}`);
  }
  return [...shape];
}
