// What a TF.js export says of itself beside its network: who wrote it, and which images it was trained on.
import { type ImageNormalisation, imageNormalisationSchema } from "./image_normalisation.ts";

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
