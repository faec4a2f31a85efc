// What a TF.js export says of itself beside its network: who wrote it, and which images it was trained on.
import * as z from "zod";

const perChannel = z.array(z.number()).min(1);

/** What a network takes: per channel, of values from 0 to 1, `(value - mean) / deviation`. */
export const imageNormalisationSchema = z.object({ mean: perChannel, deviation: perChannel });

export type ImageNormalisation = z.infer<typeof imageNormalisationSchema>;

/** The writer that every export names. */
export const tfjsWriter = "nacre";

/** A part of `model.json`. Exports of earlier versions, and of images that nobody described, have no metadata. */
export interface TfjsOrigin {
  generatedBy: typeof tfjsWriter;
  convertedBy: null;
  userDefinedMetadata?: { nacre: ImageNormalisation };
}

/** The origin of an export, whose images are normalised so. */
export function tfjsOrigin(normalisation?: ImageNormalisation): TfjsOrigin {
  return {
    generatedBy: tfjsWriter,
    convertedBy: null,
    ...(normalisation && { userDefinedMetadata: { nacre: imageNormalisationSchema.parse(normalisation) } }),
  };
}
