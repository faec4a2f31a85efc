// Compiled shaders by their text, kept for all networks of an engine.
import type { Dispatch } from "./shader.ts";

/** A shader, ready to be bound. */
export interface ReadyPipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

const bufferTypes = { read: "read-only-storage", write: "storage", uniform: "uniform" } as const;

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<ReadyPipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Shaders compiled so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  #layout(bindings: Dispatch["bindings"]): GPUBindGroupLayout {
    const accesses = ["uniform" as const, ...bindings.map(({ access }) => access)];
    const key = accesses.join();
    const known = this.#layouts.get(key);
    if (known) return known;
    const layout = this.#device.createBindGroupLayout({
      entries: accesses.map((access, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: bufferTypes[access] },
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }

  async #compile({ label, source, bindings }: Dispatch): Promise<ReadyPipeline> {
    const layout = this.#layout(bindings);
    const module = this.#device.createShaderModule({ label, code: source });
    const pipeline = await this.#device.createComputePipelineAsync({
      label,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    return { pipeline, layout };
  }

  /** The pipeline of `dispatch`. Rejects with an Error that holds the shader's text where it cannot be compiled. */
  get(dispatch: Dispatch): Promise<ReadyPipeline> {
    const known = this.#pipelines.get(dispatch.source);
    if (known) return known;
    const compiled = this.#compile(dispatch).catch((error) => {
      throw new Error(`the shader "${dispatch.label}" does not compile: ${error.message}\n${dispatch.source}`);
    });
    this.#pipelines.set(dispatch.source, compiled);
    return compiled;
  }
}
