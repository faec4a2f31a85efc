import * as tf from "@tensorflow/tfjs";

const startDeadlineMs = 30_000;

/**
 * Makes `name` the tfjs backend, and makes sure that it is: tfjs itself may answer false, fall back to another backend,
 * or never answer. Error that names the backend and the cause.
 */
export async function setBackend(name: "cpu" | "wasm" | "webgl" | "webgpu"): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Cannot start tfjs ${name}: no answer within ${startDeadlineMs / 1000} s`)),
      startDeadlineMs,
    );
  });
  try {
    const started = await Promise.race([tf.setBackend(name), deadline]);
    if (!started) throw new Error(`Cannot start tfjs ${name}: not available here`);
    if (tf.getBackend() !== name) throw new Error(`Cannot start tfjs ${name}: got ${tf.getBackend()} instead`);
  } finally {
    clearTimeout(timer);
  }
}
