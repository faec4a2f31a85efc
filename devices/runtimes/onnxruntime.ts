// The runtimes of onnxruntime-web, as one module: see load_runtime.ts.
import { startOnnxruntimeWasm, startOnnxruntimeWasmThreads } from "./onnxruntime_wasm.ts";
import { startOnnxruntimeWebgpu } from "./onnxruntime_webgpu.ts";
import type { StartRuntime } from "./runtime.ts";
import type { RuntimeOf } from "./table.ts";

export const start: Record<RuntimeOf<"onnxruntime">, StartRuntime> = {
  "onnxruntime-wasm": startOnnxruntimeWasm,
  "onnxruntime-wasm-threads": startOnnxruntimeWasmThreads,
  "onnxruntime-webgpu": startOnnxruntimeWebgpu,
};
