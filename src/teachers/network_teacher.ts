// A teacher that is a network of this project: weights with their Architecture, on the engine that trains.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { tapsOf } from "../distillation/taps.ts";
import type { Engine, Network, Weights } from "../engine/network.ts";
import { type Architecture, architectureHash } from "../schemas/architecture.ts";
import type { Teacher, TeacherRequest } from "./teacher.ts";

export interface NetworkTeacherOptions {
  name: string;
  architecture: Architecture;
  weights: Weights;
  engine: Engine;
  /** Images per request at most. */
  batchSize: number;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Compiles a network for each set of features that is asked for; evaluates batch norm by its moving averages. */
export function networkTeacher(options: NetworkTeacherOptions): Teacher {
  const { architecture, batchSize, engine, name, weights } = options;
  const taps = tapsOf(architecture, weights);
  const { height, width, channels } = architecture.input;
  const imageSize = height * width * channels;
  const networks = new Map<string, Promise<Network>>();
  const compiled = (features: readonly string[], imageGradient: boolean): Promise<Network> => {
    const key = JSON.stringify([features, imageGradient]);
    const known = networks.get(key);
    if (known) return known;
    const network = engine.compile(architecture, {
      // The gradient of the images needs a backward pass; frozen nodes evaluate as in inference.
      ...(imageGradient ? { mode: "training", imageGradient: true, trainable: () => false } : { mode: "inference" }),
      batchSize,
      weights,
      features,
    });
    networks.set(key, network);
    return network;
  };
  const whole = new Float32Array(batchSize * imageSize);
  const run = (network: Network, images: Float32Array): number => {
    const count = images.length / imageSize;
    if (!(Number.isInteger(count) && count >= 1 && count <= batchSize)) {
      throw new RangeError(
        `${name} takes up to ${batchSize} images of ${imageSize} values, got ${images.length} values`,
      );
    }
    if (count === batchSize) network.forward(images);
    else {
      whole.set(images);
      network.forward(whole);
    }
    return count;
  };
  const rows = async (network: Network, port: string, count: number) => {
    const values = await network.read(port);
    return values.subarray(0, values.length / batchSize * count);
  };
  const hash = bytesToHex(
    sha256.create().update(new TextEncoder().encode(architectureHash(architecture)))
      .update(bytesOf(weights.parameters)).update(bytesOf(weights.statistics)).digest(),
  );
  return {
    name,
    hash,
    taps,
    gives: [
      "logits",
      "imageGradient",
      ...(taps.stages.length > 0 ? ["stages" as const] : []),
      ...(taps.stages.length > 0 && taps.stages.every(({ before }) => before) ? ["before" as const] : []),
      ...(taps.embedding ? ["embedding" as const] : []),
    ],
    async outputs({ images, labels, features, imageGradient = false }: TeacherRequest) {
      const network = await compiled(features, imageGradient);
      const count = run(network, images);
      const logits = await rows(network, "logits", count);
      const values: Record<string, Float32Array> = {};
      for (const feature of features) values[feature] = await rows(network, feature, count);
      if (!imageGradient) return { logits, features: values };
      if (count < batchSize) {
        throw new RangeError(`${name} gives image gradients of whole batches of ${batchSize} only`);
      }
      network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
      network.backward();
      return { logits, features: values, imageGradient: await network.readImageGradient() };
    },
    async predict(images) {
      const network = await compiled([], false);
      const logits = new Float32Array(images.length / imageSize * taps.outputs);
      for (let start = 0; start * imageSize < images.length; start += batchSize) {
        const count = run(network, images.subarray(start * imageSize, (start + batchSize) * imageSize));
        logits.set(await rows(network, "logits", count), start * taps.outputs);
      }
      return logits;
    },
    dispose() {
      for (const network of networks.values()) network.then((compiled) => compiled.dispose(), () => {});
      networks.clear();
    },
  };
}
