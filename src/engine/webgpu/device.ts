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
      this.#fail(
        this.#disposed
          ? new Error("the WebGPU engine is disposed of")
          : new DeviceLostError(`the GPU device was lost (${reason || "unknown"}): ${message || "no message"}`),
      );
    });
    // What the device refused was left out of the work, so nothing on it can be trusted from here on: as good as lost.
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      this.#fail(new DeviceLostError(`the GPU device was given up after an error: ${message}`));
    });
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const tell of this.#waiting) tell(this.#error);
  }

  /** Throws what went wrong with the device so far: a DeviceLostError where it is lost. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** What `work` gives, or a rejection where the device is lost meanwhile: a DeviceLostError, whatever the work says. */
  async orLost<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const { promise: lost, reject: tell } = Promise.withResolvers<never>();
    lost.catch(() => {});
    this.#waiting.add(tell);
    try {
      const result = await Promise.race([work(), lost]);
      this.check();
      return result;
    } catch (error) {
      if (!this.#error) await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, lossDelayMs))]);
      throw this.#error ?? error;
    } finally {
      this.#waiting.delete(tell);
    }
  }

  destroy(): void {
    this.#disposed = true;
    this.gpu.destroy();
  }
}

/** A device of `adapter`. Rejects where it gives none. */
export async function requestDevice(adapter: GPUAdapter): Promise<Device> {
  const { limits } = adapter;
  const gpu = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, limits[name]])),
  });
  return new Device(gpu, adapter.info);
}
