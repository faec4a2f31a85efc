// Every inference runtime by name, and the module that holds it: a family shares its library, and nobody loads the others'.
import type { RuntimeName } from "../../src/schemas/measurement.ts";

/** Name of a module that exports `start`, its runtimes by name. */
export type RuntimeFamily = "tfjs" | "onnxruntime";

/** Runtimes of one family. */
export type RuntimeOf<Family extends RuntimeFamily> = Extract<RuntimeName, `${Family}-${string}`>;

export const runtimeFamilies = {
  "tfjs-wasm": "tfjs",
  "tfjs-wasm-threads": "tfjs",
  "tfjs-webgl": "tfjs",
  "tfjs-webgpu": "tfjs",
  "onnxruntime-wasm": "onnxruntime",
  "onnxruntime-wasm-threads": "onnxruntime",
  "onnxruntime-webgpu": "onnxruntime",
} satisfies Record<RuntimeName, RuntimeFamily>;
