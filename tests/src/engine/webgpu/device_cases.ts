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
    name: "a device that is lost just before what was read is given back is told as lost",
    fn: async () => {
      const engine = await startWebGpuEngine();
      const { gpu } = engine.device;
      const network = await compile(engine);
      const createBuffer = gpu.createBuffer.bind(gpu);
      gpu.createBuffer = (descriptor) => {
        const buffer = createBuffer(descriptor);
        buffer.unmap = () => {
          gpu.destroy();
          throw new DOMException("Parent device is lost", "OperationError");
        };
        return buffer;
      };
      network.forward(images);
      await assertRejects(() => network.read("logits"), DeviceLostError);
      engine.dispose();
    },
  },
  {
    name: "what the device refuses ends it for good, as a loss",
    fn: async () => {
      const engine = await startWebGpuEngine();
      const { gpu } = engine.device;
      const network = await compile(engine);
      await step(network);
      const wrong = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE });
      network.forward(images);
      const reading = network.read("logits");
      gpu.queue.writeBuffer(wrong, 0, new Float32Array(4));
      await Promise.allSettled([reading, new Promise((resolve) => setTimeout(resolve, 100))]);
      assertThrows(() => network.forward(images), DeviceLostError, "given up after an error");
      await assertRejects(() => compile(engine), DeviceLostError);
      engine.dispose();
      await assertRejects(() => network.finish(), Error);
    },
  },
  {
    name: "networks destroy all their buffers, also those of a read under way and of a compilation that fails",
    fn: async () => {
      const engine = await startWebGpuEngine();
      const { gpu } = engine.device;
      const alive = new Set<GPUBuffer>();
      let created = 0;
      const createBuffer = gpu.createBuffer.bind(gpu);
      gpu.createBuffer = (descriptor) => {
        const buffer = createBuffer(descriptor);
        const destroy = buffer.destroy.bind(buffer);
        buffer.destroy = () => {
          alive.delete(buffer);
          destroy();
        };
        alive.add(buffer);
        created++;
        return buffer;
      };
      for (let time = 0; time < 20; time++) {
        const network = await compile(engine);
        await step(network);
        const reading = [network.read("logits"), network.readGradient()];
        network.dispose();
        for (const values of await Promise.all(reading)) assert(values.every(Number.isFinite));
      }
      assert(created > 20 * 10, `${created} buffers were created`);
      assertEquals([...alive].map(({ label, size }) => `${label} ${size}`), []);

      const { createComputePipelineAsync } = gpu;
      gpu.createComputePipelineAsync = () => Promise.reject(new Error("no such shader"));
      const quantised = { batchSize, mode: "training", weights, weightBits: 4 } as const;
      await assertRejects(() => engine.compile(everyOpNetwork, quantised), Error, "no such shader");
      gpu.createComputePipelineAsync = createComputePipelineAsync;
      assertEquals(alive.size, 0);
      engine.dispose();
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
