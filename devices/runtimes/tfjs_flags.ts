import * as tf from "@tensorflow/tfjs";

/** Sets flags of tfjs to what they are for every measurement, and gives them as settings to report. */
export function pinFlags<Flags extends Record<string, number | boolean>>(flags: Flags): Flags {
  for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
  return flags;
}
