// Every inference runtime by name.
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { StartRuntime } from "./runtime.ts";
import { startTfjsWasm } from "./tfjs_wasm.ts";
import { startTfjsWebgl } from "./tfjs_webgl.ts";
import { startTfjsWebgpu } from "./tfjs_webgpu.ts";

export const runtimes = {
  "tfjs-wasm": startTfjsWasm,
  "tfjs-webgl": startTfjsWebgl,
  "tfjs-webgpu": startTfjsWebgpu,
} satisfies Record<RuntimeName, StartRuntime>;
