// TF.js models as their users have them: model.json and shards, by their hashes.
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs";
import type { RuntimeHost } from "../../../devices/runtimes/runtime.ts";
import type { MeasuredNetwork, ModelFile } from "../../../src/schemas/measurement.ts";

/** Files by hash, for a host. */
export class Files {
  readonly #bytes = new Map<string, Uint8Array<ArrayBuffer>>();

  readonly host: RuntimeHost = {
    clock: () => performance.now(),
    modelFile: (sha256) => {
      const bytes = this.#bytes.get(sha256);
      return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no file ${sha256}`));
    },
  };

  add(path: string, content: Uint8Array<ArrayBuffer> | string): ModelFile {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#bytes.set(sha256, bytes);
    return { path, sha256, bytes: bytes.length };
  }

  /** `model` in a folder "small", its weights in two shards. */
  async layersModel(model: tf.LayersModel, shape: number[]): Promise<MeasuredNetwork> {
    const { promise: saved, resolve } = Promise.withResolvers<tf.io.ModelArtifacts>();
    await model.save({
      save: (artifacts) => {
        resolve(artifacts);
        return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
      },
    });
    const { modelTopology, weightSpecs, weightData } = await saved;
    const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
    // The last one is the largest.
    const cut = 100;
    const modelJson = {
      format: "layers-model",
      modelTopology,
      weightsManifest: [{ paths: ["shard1.bin", "shard2.bin"], weights: weightSpecs }],
    };
    const files = [
      this.add("small/model.json", JSON.stringify(modelJson)),
      this.add("small/shard1.bin", weights.slice(0, cut)),
      this.add("small/shard2.bin", weights.slice(cut)),
    ];
    return { source: { kind: "tfjs", format: "layers", files }, input: { shape, seed: 11, channelsFirst: false } };
  }

  /** A graph without weights. */
  graphModel(node: Record<string, unknown>[], shape: number[]): MeasuredNetwork {
    const modelJson = { format: "graph-model", modelTopology: { node, versions: {} }, weightsManifest: [] };
    const files = [this.add("model.json", JSON.stringify(modelJson))];
    return { source: { kind: "tfjs", format: "graph", files }, input: { shape, seed: 11, channelsFirst: false } };
  }
}

const float = { type: "DT_FLOAT" };

/** Nodes of graphs. */
export function placeholder(name: string, shape: number[], dtype = "DT_FLOAT"): Record<string, unknown> {
  const dim = shape.map((size) => ({ size: String(size) }));
  return { name, op: "Placeholder", attr: { dtype: { type: dtype }, shape: { shape: { dim } } } };
}

export function operation(op: string, name: string, input: string[]): Record<string, unknown> {
  return { name, op, input, attr: { T: float } };
}
