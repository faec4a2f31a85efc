import * as tf from "@tensorflow/tfjs";
import { windowPool } from "./window_pool.ts";

/** The largest of a window; padding never is. The gradient goes to the first of equals. */
export const maxPool = windowPool("maxPool", (x, kernel, stride) => tf.maxPool(x, kernel, stride, "same"));
