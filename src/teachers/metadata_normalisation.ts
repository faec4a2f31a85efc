import type { ChannelNumbers } from "./image_adaptation.ts";

function numbersOf(text: string): number[] {
  return text.split(",").map((number) => number.trim() === "" ? NaN : Number(number));
}

/**
 * The mean and deviation that a file's metadata give, as `0.485,0.456,0.406`; undefined where they do not. RangeError that
 * begins with `path` where they are no numbers.
 */
export function metadataNormalisation(
  path: string,
  metadata: Readonly<Record<string, string>>,
): ChannelNumbers | undefined {
  const { normalise_mean: mean, normalise_std: deviation } = metadata;
  if (mean === undefined || deviation === undefined) return undefined;
  const numbers = { mean: numbersOf(mean), deviation: numbersOf(deviation) };
  if (![...numbers.mean, ...numbers.deviation].every(Number.isFinite)) {
    throw new RangeError(
      `${path}: its metadata give the normalisation "${mean.slice(0, 80)}", "${deviation.slice(0, 80)}"`,
    );
  }
  return numbers;
}
