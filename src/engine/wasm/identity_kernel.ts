import * as tf from "@tensorflow/tfjs";
import type { Kernel } from "./kernel.ts";

/** Identity without a copy: the gradient tape clones every activation that it saves, and tfjs's own kernel copies each. */
export const identityKernel: Kernel = {
  name: tf.Identity,
  run: (library, { x }) => x.dtype === "string" ? null : library.share(x),
};
