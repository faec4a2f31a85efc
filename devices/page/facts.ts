// What the page knows of where it runs: before a measurement to decide whether it may, and after it for the report.
import type { LoadEnvironment } from "../../src/schemas/measurement.ts";
import { measureClockTick } from "../protocol/clock.ts";
import type { PageFacts } from "../protocol/preflight.ts";

type Battery = NonNullable<LoadEnvironment["battery"]>;

// Not in every browser, so not in the language's types either.
interface FurtherNavigator {
  getBattery?: () => Promise<Battery>;
  deviceMemory?: number;
  gpu?: unknown;
}

// The smallest module with an instruction of SIMD: (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt)).
// deno-fmt-ignore
const simdModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

function hasWebgl(): boolean {
  const context = document.createElement("canvas").getContext("webgl2") ??
    document.createElement("canvas").getContext("webgl");
  // A phone has few contexts to give.
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** For preflight, just before a load; takes some milliseconds. */
export async function pageFacts(wakeLock: LoadEnvironment["wakeLock"], needsWebgl: boolean): Promise<PageFacts> {
  return {
    secure: isSecureContext,
    isolated: crossOriginIsolated,
    visible: document.visibilityState === "visible",
    wakeLock,
    clockTickMs: await measureClockTick(() => performance.now()),
    wasm: typeof WebAssembly === "object" && WebAssembly.validate(simdModule),
    webgl: needsWebgl && hasWebgl(),
    webgpu: (navigator as FurtherNavigator).gpu !== undefined,
  };
}

/** The battery as it is, where the browser tells. */
export async function batteryNow(): Promise<Battery | undefined> {
  const { getBattery } = navigator as FurtherNavigator;
  if (!getBattery) return undefined;
  try {
    const { charging, level } = await getBattery.call(navigator);
    return { charging, level };
  } catch {
    // Some browsers have it and forbid it.
    return undefined;
  }
}

/** For the report, at its end. */
export function environmentFacts(
  wakeLock: LoadEnvironment["wakeLock"],
  battery: Battery | undefined,
): Omit<LoadEnvironment, "clockTickMs" | "settings"> {
  const { deviceMemory } = navigator as FurtherNavigator;
  return {
    userAgent: navigator.userAgent.slice(0, 500),
    crossOriginIsolated,
    wakeLock,
    ...navigator.hardwareConcurrency > 0 && { hardwareConcurrency: navigator.hardwareConcurrency },
    ...deviceMemory && { deviceMemoryGb: deviceMemory },
    ...battery && { battery },
  };
}
