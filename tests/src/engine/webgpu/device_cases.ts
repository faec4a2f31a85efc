// What becomes of an engine and its networks when the device is lost, given back, or asked for too much.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeviceLostError, type Network } from "../../../../src/engine/network.ts";
import { startWebGpuEngine, type WebGpuEngine } from "../../../../src/engine/webgpu/engine.ts";
import { randomImages, randomWeights } from "../../../contracts/network/check.ts";
import { everyOpNetwork } from "../every_op_network.ts";
import type { WebGpuCase } from "./process.ts";

const batchSize = 2;
const weights = randomWeights(everyOpNetwork, 1);
const images = randomImages({ architecture: everyOpNetwork, batchSize }, 1);

function compile(engine: WebGpuEngine): Promise<Network> {
  return engine.compile(everyOpNetwork, { batchSize, mode: "training", weights });
}

function step(network: Network): Promise<number> {
  network.forward(images);
  network.softTargetLoss({ labels: Int32Array.of(0, 1), temperature: 1, alpha: 1 });
  network.backward();
  network.update(1e-3);
  return network.readLoss();
}

export const deviceCases: WebGpuCase[] = [
  {
    name: "the engine names its adapter",
    fn: (engine) => {
      assert(engine.description.startsWith("WebGPU, "), engine.description);
      assert(engine.description.length > "WebGPU, ".length);
      return Promise.resolve();
    },
  },
  {
    name: "a second network of the same kind compiles no further shaders",
    fn: async (engine) => {
      const first = await compile(engine);
      const { size } = engine.pipelines;
      const second = await compile(engine);
      assertEquals(engine.pipelines.size, size);
      first.dispose();
      assert(Number.isFinite(await step(second)));
      second.dispose();
    },
  },
  {
    name: "a lost device is told at once, by every call, and another engine starts",
    fn: async () => {
      const engine = await startWebGpuEngine();
      const network = await compile(engine);
      const loss = await step(network);
      const start = performance.now();
      network.forward(images);
      const reading = network.read("logits");
      engine.device.gpu.destroy();
      const error = await assertRejects(() => reading.then(() => step(network)));
      assert(error instanceof DeviceLostError, String(error));
      await assertRejects(() => network.finish(), DeviceLostError);
      await assertRejects(() => network.readGradient(), DeviceLostError);
      await assertRejects(() => compile(engine), DeviceLostError);
      assertThrows(() => network.forward(images), DeviceLostError);
      assert(performance.now() - start < 1000, "the loss of the device was told late");
      network.dispose();
      const another = await startWebGpuEngine();
      const again = await compile(another);
      assertEquals(await step(again), loss);
      another.dispose();
    },
  },
  {
    name: "a network too large for the device is refused, and the engine goes on",
    fn: async (engine) => {
      const { maxStorageBufferBindingSize } = engine.device.gpu.limits;
      const side = Math.ceil(Math.sqrt(maxStorageBufferBindingSize / 4)) + 1;
      const architecture = {
        version: 1 as const,
        input: { height: side, width: side, channels: 1 },
        classes: 1,
        nodes: [{ op: "globalAveragePool" as const, inputs: [-1] }],
      };
      const nothing = { parameters: new Float32Array(), statistics: new Float32Array() };
      const options = { batchSize: 1, mode: "inference" as const, weights: nothing };
      await assertRejects(() => engine.compile(architecture, options), Error, "does not fit");
      const network = await compile(engine);
      assert(Number.isFinite(await step(network)));
      network.dispose();
    },
  },
];
