// The reference itself: its gradients against central differences, its values against tfjs, its parts against numbers
// worked out by hand.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../../src/distillation/cross_entropy.ts";
import { softDivergence } from "../../../../src/distillation/kd.ts";
import { statisticsMomentum } from "../../../../src/engine/optimizer.ts";
import { averagePoolGradient } from "../average_pool_gradient.ts";
import { Random } from "../../../../src/data/random.ts";
import { buildTapeStudent } from "../../models/tape_student.ts";
import { layoutOf } from "../../../../src/ops/layout.ts";
import { choose, type Example, portGradients, randomWeights } from "../../../contracts/network/check.ts";
import { featureExamples, frozenExamples, graphExamples } from "../../../contracts/network/graph_examples.ts";
import { opExamples, readingExamples } from "../../../contracts/network/op_examples.ts";
import { everyOpNetwork } from "../every_op_network.ts";
import { referenceLoss } from "./loss.ts";
import { runReference } from "./network.ts";
import { ReferenceOptimizer } from "./optimizer.ts";
import { fakeQuantised } from "./quantise.ts";

/**
 * Largest difference between the gradients and central differences: of all pixels and of each node's parameters, along a
 * random direction, in which each coordinate has its share.
 */
function worstDifference(example: Example): number {
  const { architecture, trainable = () => true } = example;
  const { weights, images, run } = choose(example);
  const upstream = portGradients(example, run);
  const gradients = run.backward(upstream);
  const parameters = Float64Array.from(weights.parameters), statistics = Float64Array.from(weights.statistics);
  const pixels = Float64Array.from(images);
  const options = { mode: "training" as const, ...example, weights: { parameters, statistics } };
  const loss = () => {
    const moved = runReference(architecture, pixels, options);
    return Object.entries(upstream).reduce((sum, [port, values]) => {
      const { data } = moved.read(port);
      return sum + values.reduce((product, value, index) => product + value * data[index], 0);
    }, 0);
  };
  const random = new Random(5);
  const delta = 1e-6;
  const differenceOf = (values: Float64Array, analytic: Float64Array): number => {
    const normal = analytic.map(() => random.normal());
    const length = Math.hypot(...normal);
    const kept = values.slice();
    const lossAt = (distance: number) => {
      for (const [index, value] of kept.entries()) values[index] = value + distance * normal[index] / length;
      return loss();
    };
    const slope = (lossAt(delta) - lossAt(-delta)) / (2 * delta);
    values.set(kept);
    const expected = analytic.reduce((sum, value, index) => sum + value * normal[index] / length, 0);
    return Math.abs(slope - expected) / analytic.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  };
  const differences = [differenceOf(pixels, gradients.images.data)];
  for (const [index, node] of layoutOf(architecture).nodes.entries()) {
    if (node.parameters.length === 0 || !trainable(index)) continue;
    const start = node.parameters[0].offset;
    const end = start + node.parameters.reduce((sum, { size }) => sum + size, 0);
    differences.push(differenceOf(parameters.subarray(start, end), gradients.parameters.subarray(start, end)));
  }
  return Math.max(...differences);
}

for (const example of [...opExamples, ...readingExamples, ...graphExamples, ...featureExamples, ...frozenExamples]) {
  Deno.test(`the reference's gradients equal finite differences: ${example.name}`, () => {
    const worst = worstDifference(example);
    assert(worst < 1e-7, `largest difference ${worst}`);
  });
}

Deno.test("the reference's dropout and stochastic depth have the gradients of their masks", () => {
  const architecture = structuredClone(everyOpNetwork);
  const rates = { dropout: 0.4, add: 0.3 };
  for (const node of architecture.nodes) {
    if (node.op === "dropout") node.rate = rates.dropout;
    if (node.op === "add") node.dropRate = rates.add;
  }
  const kept = (node: number, index: number) => (node * 7 + index * 3) % 5 > 1;
  const example = { architecture, batchSize: 5, kept };
  assert(worstDifference(example) < 1e-7);
});

Deno.test("a network of every op has the same step as on tfjs's tape", async () => {
  await tf.setBackend("cpu");
  tf.registerGradient(averagePoolGradient);
  const { weights, images, run } = choose({ architecture: everyOpNetwork, batchSize: 5 });
  const random = new Random(1);
  const labels = Int32Array.from({ length: 5 }, () => random.integer(4));
  const teacherLogits = Float32Array.from({ length: 20 }, () => random.normal());
  const { loss, gradient } = referenceLoss(run.read("logits").data, {
    labels,
    teacherLogits,
    temperature: 3,
    alpha: 0.3,
  });
  const student = buildTapeStudent(everyOpNetwork, { weights });
  const step = student.step(tf.tensor4d(images, [5, 9, 7, 3]), ({ logits: studentLogits }) => {
    const hot = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), 4), "float32") as tf.Tensor2D;
    const teacher = tf.tensor2d(teacherLogits, [5, 4]);
    return tf.add(
      tf.mul(crossEntropy(hot, studentLogits), 0.3),
      tf.mul(softDivergence(teacher, studentLogits, 3), 0.7),
    ) as tf.Scalar;
  });
  const { parameters } = run.backward({ logits: gradient });
  const largest = parameters.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assertAlmostEquals((await step.loss.data())[0], loss, 1e-5 * loss);
  for (const [index, value] of (await step.gradient.data()).entries()) {
    assertAlmostEquals(value, parameters[index], 2e-5 * largest, `gradient ${index}`);
  }
  for (const [index, value] of (await step.batchStatistics.data()).entries()) {
    assertAlmostEquals(value, run.batchStatistics[index], 1e-4, `statistic ${index}`);
  }
  const evaluated = student.evaluate(tf.tensor4d(images, [5, 9, 7, 3]));
  const inference = runReference(everyOpNetwork, images, { weights, mode: "inference" }).read("logits").data;
  const largestLogit = inference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [index, value] of (await evaluated.logits.data()).entries()) {
    assertAlmostEquals(value, inference[index], 1e-5 * largestLogit, `logit ${index}`);
  }
  tf.disposeVariables();
  student.dispose();
});

Deno.test("the reference's loss has the gradient of its finite differences", () => {
  const random = new Random(2);
  const logits = Float64Array.from({ length: 12 }, () => 3 * random.normal());
  const teacherLogits = Float32Array.from({ length: 12 }, () => 3 * random.normal());
  for (const targets of [{ alpha: 1 }, { alpha: 0.2, teacherLogits }, { alpha: 0, teacherLogits }]) {
    const lossOf = () => referenceLoss(logits, { labels: Int32Array.of(1, 0, 3), temperature: 2.5, ...targets });
    const { gradient } = lossOf();
    for (const [index, value] of logits.entries()) {
      logits[index] = value + 1e-6;
      const above = lossOf().loss;
      logits[index] = value - 1e-6;
      assertAlmostEquals((above - lossOf().loss) / 2e-6, gradient[index], 1e-8);
      logits[index] = value;
    }
  }
});

Deno.test("the reference's optimizers take the steps that their sources give", () => {
  const stepsOf = (options: ConstructorParameters<typeof ReferenceOptimizer>[1]) => {
    const optimizer = new ReferenceOptimizer([1], options);
    return [2, -1].map((gradient) => {
      optimizer.step([gradient], 0.1);
      return optimizer.parameters[0];
    });
  };
  const near = (actual: number[], expected: number[]) => {
    for (const [index, value] of actual.entries()) assertAlmostEquals(value, expected[index], 1e-9);
  };
  // Bias correction makes the first step of Adam the learning rate.
  const mHat = (0.9 * 0.2 - 0.1) / (1 - 0.81), vHat = (0.999 * 0.004 + 0.001) / (1 - 0.998001);
  near(stepsOf({ name: "adam", epsilon: 0 }), [0.9, 0.9 - 0.1 * mHat / Math.sqrt(vHat)]);
  near(stepsOf({ name: "sgd", momentum: 0.5, nesterov: false }), [0.8, 0.8]);
  near(stepsOf({ name: "sgd", momentum: 0.5, nesterov: true }), [0.7, 0.8]);
  near(stepsOf({ name: "sgd", momentum: 0, nesterov: false, weightDecay: 0.5 }), [0.75, 0.75 * 0.95 + 0.1]);
  const first = 0.1 * 2 / Math.sqrt(0.4 + 1);
  const second = 0.5 * first - 0.1 / Math.sqrt(0.9 * 0.4 + 0.1 + 1);
  near(stepsOf({ name: "rmsProp", decay: 0.9, momentum: 0.5, epsilon: 1 }), [1 - first, 1 - first - second]);
});

Deno.test("the reference rounds to a symmetric grid, ties to even", () => {
  const rounded = fakeQuantised(Float64Array.of(7, -7, 0, 0.5, 1.5, 2.5, -2.5, -0.6), 4, () => {});
  assertEquals([...rounded].map((value) => value + 0), [7, -7, 0, 0, 2, 2, -2, -1]);
  assertEquals([...fakeQuantised(Float64Array.of(0, 0), 4, () => {})], [0, 0]);
});

Deno.test("moving averages are plain means until they forget", () => {
  assertEquals([0, 1, 2, 3].map(statisticsMomentum), [0, 1 / 2, 2 / 3, 3 / 4]);
  assertEquals(statisticsMomentum(1000), 0.95);
});

Deno.test("what the examples are chosen by leaves no decision to the last bits", () => {
  const tight = [...opExamples, ...readingExamples, ...graphExamples, ...featureExamples, ...frozenExamples]
    .filter((example) => choose(example).run.margin < 1e-6);
  assertEquals(tight.map(({ name }) => name), []);
  assert(randomWeights(everyOpNetwork, 1).parameters.every((value) => value !== 0));
});
