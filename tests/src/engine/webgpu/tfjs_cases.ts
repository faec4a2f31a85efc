// Losses written in tfjs on the engine's own device.
import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertRejects } from "@std/assert";
import type { Engine, Network } from "../../../../src/engine/network.ts";
import type { WebGpuEngine } from "../../../../src/engine/webgpu/engine.ts";
import { tfjsBackendName, useTfjsOn } from "../../../../src/engine/webgpu/tfjs_device.ts";
import { assertNear, normals, randomImages, randomWeights } from "../../../contracts/network/check.ts";
import { Random } from "../../../../src/data/random.ts";
import { everyOpNetwork } from "../every_op_network.ts";
import type { WebGpuCase } from "./process.ts";

const batchSize = 5;
const { classes } = everyOpNetwork;
const steps = 3;
const temperature = 3;
const alpha = 0.3;
const labels = Int32Array.from({ length: batchSize }, (_, index) => index % classes);
const teacherLogits = normals(batchSize * classes, new Random(8), { deviation: 2 });

function compile(engine: WebGpuEngine): Promise<Network> {
  const weights = randomWeights(everyOpNetwork, 3);
  return engine.compile(everyOpNetwork, { batchSize, mode: "training", weights, optimizer: { name: "sgd" } });
}

/** The loss that softTargetLoss is to equal, as tfjs writes it. */
function lossOf(logits: tf.Tensor): tf.Scalar {
  const oneHot = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), classes), "float32");
  const hard = tf.neg(tf.mean(tf.sum(tf.mul(oneHot, tf.logSoftmax(logits as tf.Tensor2D)), 1)));
  const logTeacher = tf.logSoftmax(tf.div(tf.tensor2d(teacherLogits, [batchSize, classes]), temperature));
  const logStudent = tf.logSoftmax(tf.div(logits, temperature) as tf.Tensor2D);
  const divergence = tf.mean(tf.sum(tf.mul(tf.exp(logTeacher), tf.sub(logTeacher, logStudent)), 1));
  return tf.add(tf.mul(hard, alpha), tf.mul(divergence, (1 - alpha) * temperature ** 2));
}

/** Losses and gradients of a few steps, which are read only at the end. */
async function trainWithTfjs(engine: WebGpuEngine): Promise<{ losses: number[]; gradient: Float32Array }> {
  const network = await compile(engine);
  const losses: tf.Scalar[] = [];
  for (let step = 0; step < steps; step++) {
    network.forward(randomImages({ architecture: everyOpNetwork, batchSize }, step));
    const { value, grad } = tf.tidy(() => {
      const logits = tf.tensor({ buffer: network.output("logits") as GPUBuffer, zeroCopy: true }, [batchSize, classes]);
      const { value, grad } = tf.valueAndGrad((logits) => lossOf(logits))(logits);
      return { value: value as tf.Scalar, grad };
    });
    const { buffer, tensorRef } = grad.dataToGPU();
    network.backward({ logits: buffer as GPUBuffer });
    // Before the network's commands are handed in: tfjs may use the buffer again at once.
    tf.dispose([grad, tensorRef]);
    tf.dispose(tf.fill([batchSize, classes], 7));
    // Asked of tfjs and not read: it must see this step's loss, not the next one's.
    losses.push(tf.tidy(() => tf.mul(value, 2) as tf.Scalar));
    value.dispose();
    network.update(0.05);
  }
  const gradient = await network.readGradient();
  const read = await Promise.all(losses.map(async (loss) => (await loss.data())[0] / 2));
  tf.dispose(losses);
  network.dispose();
  return { losses: read, gradient };
}

async function trainWithKernel(engine: WebGpuEngine): Promise<{ losses: number[]; gradient: Float32Array }> {
  const network = await compile(engine);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    network.forward(randomImages({ architecture: everyOpNetwork, batchSize }, step));
    network.softTargetLoss({ labels, teacherLogits, temperature, alpha });
    network.backward();
    network.update(0.05);
    losses.push(await network.readLoss());
  }
  const gradient = await network.readGradient();
  network.dispose();
  return { losses, gradient };
}

export const tfjsCases: WebGpuCase[] = [
  {
    name: "a loss written in tfjs on the same device trains as the kernel of the loss does",
    fn: async (engine) => {
      await useTfjsOn(engine);
      assertEquals(tf.getBackend(), tfjsBackendName);
      const before = tf.memory().numTensors;
      const [own, kernel] = [await trainWithTfjs(engine), await trainWithKernel(engine)];
      assertNear(own.losses, kernel.losses, { what: "loss", tolerance: 1e-4 });
      assertNear(own.gradient, kernel.gradient, { what: "gradient", tolerance: 1e-3 });
      assertEquals(tf.memory().numTensors, before);
    },
  },
  {
    name: "tfjs refuses an engine without a device",
    fn: async () => {
      const engine = { backend: "wasm", description: "another engine" } as Engine;
      await assertRejects(() => useTfjsOn(engine), TypeError, "another engine");
    },
  },
];
