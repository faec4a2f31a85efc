// Shapes large enough for the tilings that small ones never reach, and the promise of the same bits each time.
import { assert, assertEquals } from "@std/assert";
import type { WebGpuEngine } from "../../../../src/engine/webgpu/engine.ts";
import type { Architecture, ArchitectureNode } from "../../../../src/schemas/architecture.ts";
import { assertLikeReference, randomImages, randomWeights } from "../../../contracts/network/check.ts";
import { elementTiles } from "../../../../src/engine/webgpu/geometry.ts";
import { tileFor } from "../../../../src/engine/webgpu/kernels/matrix_product.ts";
import { benchOf } from "../../../contracts/network_contract.ts";
import { everyOpNetwork } from "../every_op_network.ts";
import type { WebGpuCase } from "./process.ts";

function imageNetwork(size: number, nodes: ArchitectureNode[]): Architecture {
  return {
    version: 1,
    input: { height: size, width: size, channels: 1 },
    classes: 2,
    nodes: [
      ...nodes,
      { op: "globalAveragePool", inputs: [nodes.length - 1] },
      { op: "dense", inputs: [nodes.length], units: 2 },
    ],
  };
}

const pointwise = { op: "conv", kernel: 1, stride: 1 } as const;

/** 65,536 pixels. */
const large = imageNetwork(256, [
  { ...pointwise, inputs: [-1], filters: 8, activation: "relu6" },
  { op: "depthwiseConv", inputs: [0], kernel: 3, stride: 2, activation: "relu" },
  { ...pointwise, inputs: [1], filters: 6, activation: "none" },
  { op: "averagePool", inputs: [2], kernel: 3, stride: 2 },
]);

const likeReference = (architecture: Architecture, batchSize: number) => (engine: WebGpuEngine) =>
  assertLikeReference(benchOf(engine, { tolerance: 5e-4 }), { architecture, batchSize, imageGradient: true });

async function trainedBits(engine: WebGpuEngine): Promise<Uint8Array[]> {
  const example = { architecture: everyOpNetwork, batchSize: 5 };
  const weights = randomWeights(everyOpNetwork, 3);
  const network = await engine.compile(everyOpNetwork, { ...example, mode: "training", weights, seed: 9 });
  const images = randomImages(example, 4);
  for (let step = 0; step < 10; step++) {
    network.forward(images);
    network.softTargetLoss({ labels: Int32Array.of(0, 1, 0, 1, 0), temperature: 1, alpha: 1 });
    network.backward();
    network.update(1e-3);
  }
  const { parameters, statistics } = await network.readWeights();
  network.dispose();
  return [new Uint8Array(parameters.buffer), new Uint8Array(statistics.buffer)];
}

export const shapeCases: WebGpuCase[] = [
  {
    name: "a large image goes through the tilings of large tensors",
    fn: async (engine) => {
      // Else the case would no longer test what it is for.
      assertEquals(tileFor(65536, 8).rowsPerThread, 8);
      assert(elementTiles(65536, 8).rowsPerThread > 1);
      await likeReference(large, 1)(engine);
    },
  },
  {
    name: "the same training twice gives the same bits",
    fn: async (engine) => assertEquals(await trainedBits(engine), await trainedBits(engine)),
  },
];
