import * as tf from "@tensorflow/tfjs";
import { withinDeadline } from "./deadline.ts";

const startDeadlineMs = 30_000;

/**
 * Makes `name` the tfjs backend, and makes sure that it is: tfjs itself may answer false, fall back to another backend,
 * or never answer. Error that names the backend and the cause.
 */
export async function setBackend(name: "cpu" | "wasm" | "webgl" | "webgpu"): Promise<void> {
  const started = await withinDeadline(`tfjs ${name}`, startDeadlineMs, tf.setBackend(name));
  if (!started) throw new Error(`Cannot start tfjs ${name}: not available here`);
  if (tf.getBackend() !== name) throw new Error(`Cannot start tfjs ${name}: got ${tf.getBackend()} instead`);
}
