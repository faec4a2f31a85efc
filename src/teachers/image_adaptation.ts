// Images as a teacher of the user's wants them, from images as the training has them. All of it is linear, so the
// gradient of the training's images follows from that of the teacher's.
import type { TrainingData } from "../data/training_data.ts";
import { bilinearResizing, type Resizing } from "./bilinear.ts";

/** Channel statistics, in units where white is 1; one number stands for all channels. */
export interface ChannelNumbers {
  mean: readonly number[];
  deviation: readonly number[];
}

/**
 * How a teacher's images are normalised. "data": as the training's; "unit": 0 to 1; "bytes": 0 to 255; "imagenet": by the
 * mean and deviation of ImageNet's colours.
 */
export type Normalisation = "data" | "unit" | "bytes" | "imagenet" | ChannelNumbers;

export const normalisationNames = ["data", "unit", "bytes", "imagenet"] as const;

const named: Record<"unit" | "bytes" | "imagenet", ChannelNumbers> = {
  unit: { mean: [0], deviation: [1] },
  bytes: { mean: [0], deviation: [1 / 255] },
  imagenet: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
};

// Weights of red, green and blue in brightness: ITU-R BT.601.
const brightness = [0.299, 0.587, 0.114];

/** Sizes of images. */
export interface ImageSizes {
  height: number;
  width: number;
  channels: number;
}

/** What a user may ask for. */
export interface ImageAdaptationOptions {
  normalisation?: Normalisation;
  /** Resizes bilinearly where the teacher takes another size. */
  resize?: boolean;
  /** Takes grey for colour, or the brightness of colour for grey, where the teacher takes the other. */
  convertColours?: boolean;
}

/** Changes batches of any size. */
export interface ImageAdaptation {
  /** Equal for equal changes; "" where images stay as they are. */
  readonly key: string;
  /** Values of one of the training's images. */
  readonly imageSize: number;
  /** The teacher's images; the same memory where nothing changes. */
  apply(images: Float32Array): Float32Array;
  /** The gradient of the training's images from that of the teacher's. */
  transpose(gradient: Float32Array): Float32Array;
}

function numbersOf(normalisation: Normalisation, data: TrainingData, { channels }: ImageSizes): ChannelNumbers {
  // A teacher with other channels sees our statistics turned the same way as the pixels.
  if (normalisation === "data") {
    const mix = mixOf(data.dataset.channels, channels);
    const mixed = (values: readonly number[]) => mix.map((row) => row.reduce((sum, w, i) => sum + w * values[i], 0));
    return { mean: mixed(data.mean), deviation: mixed(data.deviation) };
  }
  const { mean, deviation } = typeof normalisation === "string" ? named[normalisation] : normalisation;
  const spread = (values: readonly number[], what: string): readonly number[] => {
    if (values.length !== 1 && values.length !== channels) {
      throw new RangeError(
        `normalisation (--teacher-normalisation) has ${values.length} numbers of ${what} for a teacher of ${channels} channels`,
      );
    }
    return values.length === channels ? values : Array<number>(channels).fill(values[0]);
  };
  if (![...mean, ...deviation].every(Number.isFinite) || !deviation.every((value) => value > 0)) {
    throw new RangeError(
      `normalisation (--teacher-normalisation) takes means and deviations above 0, got ` +
        JSON.stringify({ mean, deviation }),
    );
  }
  return { mean: spread(mean, "mean"), deviation: spread(deviation, "deviation") };
}

/** `[to][from]`: what each of the teacher's channels takes of ours. */
function mixOf(from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, target) =>
    Array.from({ length: from }, (_, source) => {
      if (from === to) return source === target ? 1 : 0;
      return from === 1 ? 1 : brightness[source];
    }));
}

function mixed(values: Float32Array, { matrix, bias }: { matrix: readonly number[][]; bias: readonly number[] }) {
  const to = matrix.length;
  const from = matrix[0].length;
  const pixels = values.length / from;
  const result = new Float32Array(pixels * to);
  const diagonal = matrix.every((row, target) => row.every((weight, source) => source === target || weight === 0));
  for (let target = 0; target < to; target++) {
    const offset = bias[target];
    if (diagonal) {
      const scale = matrix[target][target];
      for (let at = target; at < result.length; at += to) result[at] = scale * values[at] + offset;
      continue;
    }
    for (let pixel = 0; pixel < pixels; pixel++) {
      let sum = offset;
      for (let source = 0; source < from; source++) sum += matrix[target][source] * values[pixel * from + source];
      result[pixel * to + target] = sum;
    }
  }
  return result;
}

/**
 * The change from `data`'s images to a teacher's of size `input`. RangeError that begins with `path` and names the option
 * that adapts where sizes or channels differ.
 */
export function imageAdaptation(
  data: TrainingData,
  { path, input, normalisation, resize = false, convertColours = false }:
    & Omit<ImageAdaptationOptions, "normalisation">
    & { path: string; input: ImageSizes; normalisation: Normalisation },
): ImageAdaptation {
  const { height, width, channels } = data.dataset;
  if (channels !== input.channels) {
    const convertible = [channels, input.channels].every((count) => count === 1 || count === 3);
    if (!convertColours || !convertible) {
      throw new RangeError(
        `${path}: it takes images of ${input.channels} channels, the data has ${channels}` +
          (convertible ? "; the option convertColours (--teacher-colours) adapts them" : ""),
      );
    }
  }
  const resized = height !== input.height || width !== input.width;
  if (resized && !resize) {
    throw new RangeError(
      `${path}: it takes images of ${input.height}x${input.width}, the data has ${height}x${width}; ` +
        "the option resize (--teacher-resize) adapts them",
    );
  }
  let numbers: ChannelNumbers;
  try {
    numbers = numbersOf(normalisation, data, input);
  } catch (error) {
    throw new RangeError(`${path}: ${(error as Error).message}`);
  }
  const mix = mixOf(channels, input.channels);
  const matrix = mix.map((row, target) =>
    row.map((weight, source) => weight * data.deviation[source] / numbers.deviation[target])
  );
  const bias = mix.map((row, target) =>
    (row.reduce((sum, weight, source) => sum + weight * data.mean[source], 0) - numbers.mean[target]) /
    numbers.deviation[target]
  );
  const transposed = Array.from(
    { length: channels },
    (_, source) => matrix.map((row) => row[source]),
  );
  // Also where numbers say what the data has: the same teacher whichever way it is told.
  const equal = (values: readonly number[], others: readonly number[]) =>
    values.every((value, at) => value === others[at]);
  const same = channels === input.channels && equal(numbers.mean, data.mean) &&
    equal(numbers.deviation, data.deviation);
  const resizing: Resizing | undefined = resized
    ? bilinearResizing({ from: { height, width }, to: input, channels: input.channels })
    : undefined;
  return {
    key: same && !resized ? "" : JSON.stringify({ matrix, bias, to: resized ? [input.height, input.width] : null }),
    imageSize: height * width * channels,
    apply(images) {
      const coloured = same ? images : mixed(images, { matrix, bias });
      return resizing ? resizing.apply(coloured) : coloured;
    },
    transpose(gradient) {
      const small = resizing ? resizing.transpose(gradient) : gradient;
      return same ? small : mixed(small, { matrix: transposed, bias: Array<number>(channels).fill(0) });
    },
  };
}
