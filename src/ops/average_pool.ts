import * as tf from "@tensorflow/tfjs";
import { windowPool } from "./window_pool.ts";

/**
 * Mean over a window; padding is left out of the mean. tfjs's own gradient is wrong at the borders:
 * tests/src/engine/average_pool_gradient.ts is a right one to register.
 */
export const averagePool = windowPool("averagePool", (x, kernel, stride) => tf.avgPool(x, kernel, stride, "same"));
