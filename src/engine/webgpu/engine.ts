// The WebGPU engine: one device, and the compiled shaders of all its networks.
import type { Architecture } from "../../schemas/architecture.ts";
import type { Engine, NetworkOptions } from "../network.ts";
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
    const { description, vendor, architecture, device: name } = device.adapterInfo;
    const adapterName = description || [vendor, architecture || name].filter(Boolean).join(" ") || "unnamed adapter";
    this.description = `WebGPU, ${adapterName}`;
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
    for (const network of this.#networks) network.dispose();
    this.device.destroy();
  }
}

/** Starts the engine. Throws an Error that says why where there is no adapter. */
export async function startWebGpuEngine({ adapter }: WebGpuEngineOptions = {}): Promise<WebGpuEngine> {
  return new WebGpuEngine(await requestDevice(adapter));
}
