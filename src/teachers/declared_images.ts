// Which images a model of another runtime takes, from the shape that it declares for its input.
import type { ImageSizes } from "./image_adaptation.ts";
import type { ImageLayout } from "./model_teacher.ts";

/** What {@linkcode declaredImages} makes of a shape. */
export interface DeclaredImages {
  input: ImageSizes;
  layout: ImageLayout;
  batch?: number;
}

/**
 * Reads `[batch, a, b, c]`; an open size is undefined and taken from `data`. Channels are where 1 or 3 is declared, and in
 * doubt where `usual` says. RangeError that begins with `path` where it is no image of one or three channels.
 */
export function declaredImages(
  path: string,
  { shape, data, usual }: { shape: readonly (number | undefined)[]; data: ImageSizes; usual: ImageLayout },
): DeclaredImages {
  const text = `[${shape.map((size) => size ?? "?").join(", ")}]`;
  if (shape.length !== 4) {
    throw new RangeError(
      `${path}: its input is ${text}; allowed are [N, height, width, channels] and [N, channels, height, width]`,
    );
  }
  const [batch, first, middle, last] = shape;
  const few = (size: number | undefined) => size === 1 || size === 3;
  let layout = usual;
  if (few(first) !== few(last)) layout = few(first) ? "nchw" : "nhwc";
  const [channels, height, width] = layout === "nchw" ? [first, middle, last] : [last, first, middle];
  const input = { height: height ?? data.height, width: width ?? data.width, channels: channels ?? data.channels };
  if (input.channels !== 1 && input.channels !== 3) {
    throw new RangeError(`${path}: its input ${text} has ${input.channels} channels; allowed are 1 and 3`);
  }
  if (input.height * input.width > 1 << 22) {
    throw new RangeError(`${path}: its input ${text} has more than 4 million pixels`);
  }
  return { input, layout, batch };
}
