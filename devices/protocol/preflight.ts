// Whether a page may measure at all. It fails closed: what is not known to be in order refuses, in words that tell the
// person in front of it what to do.
import type { LoadEnvironment, RuntimeName } from "../../src/schemas/measurement.ts";
import { coarsestTickMs } from "./clock.ts";

/** What a page knows of itself before it measures. */
export interface PageFacts {
  /** `isSecureContext`. */
  secure: boolean;
  /** `crossOriginIsolated`. */
  isolated: boolean;
  /** `document.visibilityState === "visible"`. */
  visible: boolean;
  /** A refused one does not stop a measurement, it becomes a flag: a page that falls asleep turns hidden. */
  wakeLock: LoadEnvironment["wakeLock"];
  /** See `measureClockTick`. */
  clockTickMs: number;
  /** Whether WebAssembly with SIMD can be had. */
  wasm: boolean;
  /** Whether a WebGL context can be had. */
  webgl: boolean;
  /** `navigator.gpu` exists; whether it has an adapter is for the runtime to say. */
  webgpu: boolean;
}

type Need = "wasm" | "webgl" | "webgpu";

const needs: Record<RuntimeName, readonly Need[]> = {
  "tfjs-wasm": ["wasm"],
  "tfjs-wasm-threads": ["wasm"],
  "tfjs-webgl": ["webgl"],
  "tfjs-webgpu": ["webgpu"],
  "onnxruntime-wasm": ["wasm"],
  "onnxruntime-wasm-threads": ["wasm"],
  // Its WebGPU part is compiled to WebAssembly.
  "onnxruntime-webgpu": ["wasm", "webgpu"],
};

const unmet: Record<Need, (facts: PageFacts) => string | null> = {
  wasm: ({ wasm }) =>
    wasm === true
      ? null
      : "This browser has no WebAssembly with SIMD: update it, or open this page in another browser.",
  webgl: ({ webgl }) =>
    webgl === true
      ? null
      : "This browser gives no WebGL: turn on hardware acceleration in its settings, or open this page in another browser.",
  webgpu: ({ webgpu }) =>
    webgpu === true ? null : "This browser has no WebGPU: update it, or open this page in another browser.",
};

/** Null where a page may measure with `runtime`, else one sentence that says why not and what to do. */
export function preflight(runtime: RuntimeName, facts: PageFacts): string | null {
  if (facts.secure !== true) {
    const hidden = needs[runtime].includes("webgpu") ? "the GPU" : "what measuring needs";
    return `This page is not on https, so the browser hides ${hidden}: open the https link that the terminal shows.`;
  }
  if (facts.isolated !== true) {
    return "This page is not isolated from other sites, so the browser coarsens its clock and hides the memory that " +
      "threads share: update the browser, or open the page in a tab of its own.";
  }
  if (facts.visible !== true) return "This page is in the background: bring it to the front and leave it there.";
  if (!(facts.clockTickMs > 0 && facts.clockTickMs <= coarsestTickMs)) {
    const steps = Number.isFinite(facts.clockTickMs) && facts.clockTickMs > 0
      ? `ticks only every ${Math.round(facts.clockTickMs)} ms`
      : "does not tick";
    return `This browser's clock ${steps}: turn off its resistance to ` +
      "fingerprinting for this page, or use another browser.";
  }
  for (const need of needs[runtime]) {
    const reason = unmet[need](facts);
    if (reason) return reason;
  }
  return null;
}
