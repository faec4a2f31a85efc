// The GPU device of an engine: how it is asked for, and what becomes of work when it is lost.
import { DeviceLostError } from "../network.ts";

// As much as the adapter gives; all else stays at the defaults, which the kernels keep to.
const raisedLimits = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const satisfies (keyof GPUSupportedLimits)[];

const wantedFeatures: GPUFeatureName[] = ["shader-f16", "subgroups" as GPUFeatureName, "timestamp-query"];

// The loss is told a little later than the failure of what was under way.
const lossDelayMs = 100;

/** A device that knows whether it is lost. */
export class Device {
  readonly gpu: GPUDevice;
  readonly adapterInfo: GPUAdapterInfo;
  /** Told when the device is lost. A list of its own, since a promise would keep all that ever waited for it. */
  readonly #waiting = new Set<(error: Error) => void>();
  #error: Error | undefined;
  #disposed = false;

  constructor(gpu: GPUDevice, adapterInfo: GPUAdapterInfo) {
    this.gpu = gpu;
    this.adapterInfo = adapterInfo;
    gpu.lost.then(({ reason, message }) => {
      const error = this.#error = this.#disposed
        ? new Error("the WebGPU engine is disposed of")
        : new DeviceLostError(`the GPU device was lost (${reason || "unknown"}): ${message || "no message"}`);
      for (const tell of this.#waiting) tell(error);
    });
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#error ??= new Error(`WebGPU: ${(event as GPUUncapturedErrorEvent).error.message}`);
    });
  }

  /** Throws what went wrong with the device so far: a DeviceLostError where it is lost. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** `work`, or a rejection where the device is lost meanwhile. */
  async orLost<T>(work: Promise<T>): Promise<T> {
    this.check();
    const { promise: lost, reject: tell } = Promise.withResolvers<never>();
    lost.catch(() => {});
    this.#waiting.add(tell);
    try {
      const result = await Promise.race([work, lost]);
      this.check();
      return result;
    } catch (error) {
      if (!this.#error) await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, lossDelayMs))]);
      throw error;
    } finally {
      this.#waiting.delete(tell);
    }
  }

  destroy(): void {
    this.#disposed = true;
    this.gpu.destroy();
  }
}

/** A device of `adapter`, or of the fastest that there is. Throws an Error that says why where there is none. */
export async function requestDevice(adapter?: GPUAdapter): Promise<Device> {
  if (!adapter) {
    if (!globalThis.navigator?.gpu) throw new Error("WebGPU cannot be used: this runtime has no navigator.gpu");
    adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }) ?? undefined;
    if (!adapter) throw new Error("WebGPU cannot be used: this machine has no adapter");
  }
  const { limits, features } = adapter;
  const gpu = await adapter.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => features.has(feature)),
    requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, limits[name]])),
  });
  return new Device(gpu, adapter.info);
}
