// tfjs beside an engine, for losses that are written in it: on a GPU on the engine's own device.
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { Engine } from "../engine/network.ts";
import { registerFastProducts } from "./fast_products.ts";

/** Starts the tfjs backend that shares its memory or device with `engine`, and makes it current. Throws where it cannot. */
export async function startTensors(engine: Engine): Promise<void> {
  if (engine.backend === "webgpu") {
    const { useTfjsOn } = await import("../engine/webgpu/tfjs_device.ts");
    return await useTfjsOn(engine);
  }
  if (tf.getBackend() === "wasm") return await registerFastProducts();
  // tfjs starts threads by itself, whose workers may hang; losses are small.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(fileURLToPath(new URL("../wasm-out/", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));
  const started = await tf.setBackend("wasm");
  if (started !== true || tf.getBackend() !== "wasm") {
    throw new Error(`tfjs was to start on wasm, but started on ${tf.getBackend() || "nothing"}`);
  }
  await registerFastProducts();
}
