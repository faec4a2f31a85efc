// The WebGPU engine: one device, and the compiled shaders of all its networks.
import type { Architecture } from "../../schemas/architecture.ts";
import type { Engine, NetworkOptions } from "../network.ts";
import { adapterName, requestAdapter } from "./adapter.ts";
import { type Device, requestDevice } from "./device.ts";
import { WebGpuNetwork } from "./network.ts";
import { Pipelines } from "./pipelines.ts";
import { prepareNetwork } from "./prepared_network.ts";

export interface WebGpuEngineOptions {
  /** The adapter to use; default: the fastest that there is. */
  adapter?: GPUAdapter;
}

export class WebGpuEngine implements Engine {
  readonly backend = "webgpu";
  readonly description: string;
  readonly device: Device;
  readonly pipelines: Pipelines;
  /** Run before each submission, so that others on this device hand in first what they were asked before. */
  readonly beforeSubmit: (() => void)[] = [];
  readonly #networks = new Set<WebGpuNetwork>();

  constructor(device: Device) {
    this.device = device;
    this.pipelines = new Pipelines(device.gpu);
    this.description = `WebGPU, ${adapterName({ info: device.adapterInfo })}`;
  }

  async compile(architecture: Architecture, options: NetworkOptions): Promise<WebGpuNetwork> {
    this.device.check();
    const prepared = await prepareNetwork(this, architecture, options);
    const { weights, seed } = options;
    const onDispose = () => this.#networks.delete(network);
    const network = new WebGpuNetwork(this, prepared, { weights, seed, onDispose });
    this.#networks.add(network);
    return network;
  }

  dispose(): void {
    try {
      for (const network of this.#networks) network.dispose();
    } finally {
      this.device.destroy();
    }
  }
}

/** Starts the engine. Throws an Error that says why where there is no adapter, or where it gives no device. */
export async function startWebGpuEngine(options: WebGpuEngineOptions = {}): Promise<WebGpuEngine> {
  const adapter = options.adapter ?? await requestAdapter();
  if (!adapter) throw new Error("WebGPU cannot be used: this machine has no adapter");
  return new WebGpuEngine(await requestDevice(adapter));
}
