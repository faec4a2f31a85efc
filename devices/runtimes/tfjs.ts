// The runtimes of tfjs, as one module: see load_runtime.ts.
import type { StartRuntime } from "./runtime.ts";
import type { RuntimeOf } from "./table.ts";
import { startTfjsWasm, startTfjsWasmThreads } from "./tfjs_wasm.ts";
import { startTfjsWebgl } from "./tfjs_webgl.ts";
import { startTfjsWebgpu } from "./tfjs_webgpu.ts";

export const start: Record<RuntimeOf<"tfjs">, StartRuntime> = {
  "tfjs-wasm": startTfjsWasm,
  "tfjs-wasm-threads": startTfjsWasmThreads,
  "tfjs-webgl": startTfjsWebgl,
  "tfjs-webgpu": startTfjsWebgpu,
};
