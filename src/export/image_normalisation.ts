// How a network's images are normalised, as its exports say it.
import * as z from "zod";

const perChannel = z.array(z.number()).min(1);

/** What a network takes: per channel, of values from 0 to 1, `(value - mean) / deviation`. */
export const imageNormalisationSchema = z.object({ mean: perChannel, deviation: perChannel });

export type ImageNormalisation = z.infer<typeof imageNormalisationSchema>;

/**
 * For formats whose metadata are texts, under the names that published weights use: `0.485,0.456,0.406`. No number is
 * rounded; nothing where nobody says how images are normalised.
 */
export function normalisationMetadata(normalisation?: ImageNormalisation): Record<string, string> {
  if (normalisation === undefined) return {};
  const { mean, deviation } = imageNormalisationSchema.parse(normalisation);
  return { normalise_mean: mean.join(), normalise_std: deviation.join() };
}
