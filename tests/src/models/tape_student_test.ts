import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { averagePoolGradient } from "../engine/average_pool_gradient.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { buildTapeStudent, type TapeStudent } from "./tape_student.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { opOf } from "../../../src/ops/table.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

await tf.setBackend("cpu");
tf.registerGradient(averagePoolGradient);

const io = { height: 9, width: 9, channels: 2, classes: 3 };
const space = createSpace("mnas", io);
// Between them: all four convolutions, both kernels, squeeze-and-excite, all three skips.
const mixed = space.decode(space.decisions.map(({ choices }, index) => (index * 7) % choices.length));

/** A network with each op once, small enough for finite differences. */
const tiny: Architecture = {
  version: 1,
  input: { height: 5, width: 4, channels: 2 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 4, activation: "relu6" },
    { op: "depthwiseConv", inputs: [0], kernel: 3, stride: 1, activation: "relu" },
    { op: "squeezeExcite", inputs: [1], squeezeChannels: 2 },
    { op: "averagePool", inputs: [0], kernel: 3, stride: 1 },
    { op: "add", inputs: [2, 3] },
    { op: "globalAveragePool", inputs: [4], tap: "embedding" },
    { op: "dense", inputs: [5], units: 3 },
  ],
};

function images(network: Architecture, count: number): tf.Tensor4D {
  const { height, width, channels } = network.input;
  return tf.randomNormal([count, height, width, channels], 0, 1, "float32", 5);
}

for (const [name, network] of [["a network of the space mnas", mixed], ["each op", tiny]] as const) {
  Deno.test(`the deployed form of ${name} equals the trained form's evaluation`, async () => {
    const before = tf.memory().numTensors;
    const weights = initialiseWeights(network, 3, { randomStatistics: true });
    const student = buildTapeStudent(network, { weights });
    const model = buildDeployedModel(network, weights);
    const input = images(network, 4);
    const evaluated = student.evaluate(input);
    const deployed = model.predict(input);
    const [expected, actual] = await Promise.all([evaluated.logits.data(), deployed.data()]);
    // Weights before training give logits in the hundreds, so the tolerance of 1e-4 is relative to the largest.
    const largest = Math.max(...expected.map(Math.abs));
    assert(largest > 1e-2, "logits that are not just zero");
    for (const [index, value] of actual.entries()) {
      assertAlmostEquals(value, expected[index], 1e-4 * Math.max(1, largest));
    }
    assertEquals(deployed.shape, [4, 3]);
    tf.dispose([input, evaluated, deployed]);
    model.dispose();
    student.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

function lossOf(student: TapeStudent, input: tf.Tensor4D) {
  const labels = tf.tensor2d([[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
  const result = student.step(input, ({ logits }) => crossEntropy(labels, logits));
  labels.dispose();
  return result;
}

Deno.test("a step's gradient agrees with finite differences in every parameter", async () => {
  const weights = initialiseWeights(tiny, 11);
  const input = images(tiny, 3);
  const student = buildTapeStudent(tiny, { weights });
  const { gradient, ...rest } = lossOf(student, input);
  const analytic = await gradient.data();
  const shifted = (index: number, by: number): number => {
    const parameters = weights.parameters.slice();
    parameters[index] += by;
    const moved = buildTapeStudent(tiny, { weights: { ...weights, parameters } });
    const result = lossOf(moved, input);
    const [loss] = result.loss.dataSync();
    tf.dispose([result.loss, result.gradient, result.batchStatistics]);
    moved.dispose();
    return loss;
  };
  const delta = 1e-3;
  let worst = 0;
  for (const index of analytic.keys()) {
    const numeric = (shifted(index, delta) - shifted(index, -delta)) / (2 * delta);
    worst = Math.max(worst, Math.abs(numeric - analytic[index]));
  }
  assert(worst < 5e-3, `largest difference ${worst}`);
  tf.dispose([input, gradient, rest.loss, rest.batchStatistics]);
  student.dispose();
});

Deno.test("a step gives the batch statistics of each batch norm, and they become the moving averages", async () => {
  const student = buildTapeStudent(tiny, { seed: 1 });
  const input = images(tiny, 3);
  const { loss, gradient, batchStatistics } = lossOf(student, input);
  assertEquals(batchStatistics.shape, [student.layout.statisticCount]);
  const batch = Float32Array.from(await batchStatistics.data());
  student.update(student.parameters.clone(), batchStatistics);
  assertEquals(Float32Array.from(await student.statistics.data()), batch);
  const half = tf.mul(batchStatistics, 3) as tf.Tensor1D;
  student.update(student.parameters.clone(), half);
  assertAlmostEquals((await student.statistics.data())[0], 2 * batch[0], 1e-6);
  tf.dispose([input, loss, gradient, batchStatistics, half]);
  student.dispose();
});

Deno.test("weights follow from the seed alone", () => {
  assertEquals(initialiseWeights(mixed, 5), initialiseWeights(mixed, 5));
  assert(
    initialiseWeights(mixed, 5).parameters.some((value, i) => value !== initialiseWeights(mixed, 6).parameters[i]),
  );
});

Deno.test("every op refuses inputs that it cannot take", () => {
  for (const node of tiny.nodes.filter(({ op }) => op !== "dense")) {
    let message = "";
    try {
      opOf(node).outputShape(node, [[3], [4]]);
    } catch (error) {
      message = (error as RangeError).message;
    }
    assert(message.startsWith(`${node.op} takes`), message);
  }
});
