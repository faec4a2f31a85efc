// Losses, optimizers, moving averages, weights in and out.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import type { Network, SoftTargets, Weights } from "../../../src/engine/network.ts";
import { type OptimizerOptions, statisticsMomentum } from "../../../src/engine/optimizer.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import { everyOpNetwork } from "../../src/engine/every_op_network.ts";
import { runReference } from "../../src/engine/reference/network.ts";
import { ReferenceOptimizer } from "../../src/engine/reference/optimizer.ts";
import { assertNear, assertWeightsNear, type Bench, type NetworkCase, places, randomImages } from "./check.ts";
import { randomWeights } from "./check.ts";

const batchSize = 5;
const example = { architecture: everyOpNetwork, batchSize };
const weights = randomWeights(everyOpNetwork, 4);

/** Labels for a batch. */
export function randomTargets(seed: number): SoftTargets {
  const random = new Random(seed);
  const labels = Int32Array.from({ length: batchSize }, () => random.integer(everyOpNetwork.classes));
  return { labels, temperature: 1, alpha: 1 };
}

interface TrainingOptions {
  optimizer?: OptimizerOptions;
  trainable?: (node: number) => boolean;
  weights?: Weights;
}

async function withNetwork<T>(
  { engine }: Bench,
  options: TrainingOptions,
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const network = await engine.compile(everyOpNetwork, { batchSize, mode: "training", weights, ...options });
  try {
    return await use(network);
  } finally {
    network.dispose();
  }
}

function step(network: Network, seed: number, learningRate: number): void {
  network.forward(randomImages(example, seed));
  network.softTargetLoss(randomTargets(seed));
  network.backward();
  network.update(learningRate);
}

const optimizers: OptimizerOptions[] = [
  { name: "adam" },
  { name: "adam", beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.5, average: 0.7 },
  { name: "sgd" },
  { name: "sgd", momentum: 0, nesterov: false },
  { name: "sgd", momentum: 0.8, nesterov: false, weightDecay: 0.3, average: 0.9 },
  { name: "sgd", momentum: 0.8, nesterov: true },
  { name: "rmsProp" },
  { name: "rmsProp", decay: 0.7, momentum: 0.9, epsilon: 0.1, weightDecay: 0.2, average: 0.8 },
];

/** The change since the beginning. */
function changes(after: ArrayLike<number>): Float64Array {
  return Float64Array.from(after, (value, index) => value - weights.parameters[index]);
}

async function checkOptimizer(bench: Bench, optimizer: OptimizerOptions): Promise<void> {
  await withNetwork(bench, { optimizer }, async (network) => {
    const reference = new ReferenceOptimizer(weights.parameters, optimizer);
    for (let index = 0; index < 5; index++) {
      const learningRate = 0.02 / (index + 1);
      step(network, index, learningRate);
      reference.step(await network.readGradient(), learningRate);
    }
    // float32 rounds the weights themselves five times, to 6e-8 of their size each.
    const { tolerance } = bench;
    const scale = 3e-7 * Math.max(...weights.parameters.map(Math.abs)) / tolerance;
    const compare = (what: string, actual: ArrayLike<number>, expected: ArrayLike<number>) =>
      assertNear(changes(actual), changes(expected), { what: `change of the ${what}`, tolerance, scale });
    compare("parameters", (await network.readWeights()).parameters, reference.parameters);
    if (!optimizer.average) return;
    compare("average", (await network.readWeights({ average: true })).parameters, reference.average);
  });
}

async function checkFrozenUpdates(bench: Bench, optimizer: OptimizerOptions): Promise<void> {
  const trainable = (node: number) => node > 4;
  await withNetwork(bench, { optimizer, trainable }, async (network) => {
    for (let index = 0; index < 3; index++) step(network, index, 0.01);
    const after = [await network.readWeights(), await network.readWeights({ average: true })];
    for (const [index, node] of layoutOf(everyOpNetwork).nodes.entries()) {
      for (const { offset, size, name } of node.parameters) {
        const what = `${index} ${node.node.op} ${name}`;
        for (const { parameters } of after) {
          const [before, now] = [weights.parameters, parameters].map((all) => all.slice(offset, offset + size));
          if (trainable(index)) assertNotEquals(now, before, what);
          else assertEquals(now, before, what);
        }
      }
      for (const { offset, size } of trainable(index) ? [] : node.statistics) {
        const [before, now] = [weights, after[0]].map(({ statistics }) => statistics.slice(offset, offset + size));
        assertEquals(now, before, `statistics of ${index}`);
      }
    }
  });
}

async function checkMovingAverages(bench: Bench): Promise<void> {
  const optimizer = { name: "sgd", momentum: 0, nesterov: false } as const;
  await withNetwork(bench, { optimizer }, async (network) => {
    let expected = Float64Array.from(weights.statistics);
    for (let index = 0; index < 3; index++) {
      const { parameters } = await network.readWeights();
      const images = randomImages(example, index);
      const run = runReference(everyOpNetwork, images, { weights: { ...weights, parameters }, mode: "training" });
      const past = statisticsMomentum(index);
      expected = expected.map((value, place) => past * value + (1 - past) * run.batchStatistics[place]);
      step(network, index, 0.01);
    }
    const read = await network.readWeights();
    const { tolerance } = bench;
    const averages = places(everyOpNetwork, "statistics");
    assertWeightsNear(read.statistics, expected, averages, { what: "moving average", tolerance });
    const inference = await bench.engine.compile(everyOpNetwork, { batchSize, mode: "inference", weights: read });
    const images = randomImages(example, 9);
    inference.forward(images);
    const reference = runReference(everyOpNetwork, images, { weights: read, mode: "inference" });
    assertNear(await inference.read("logits"), reference.read("logits").data, { what: "logits after", tolerance });
    assertEquals(await inference.readWeights(), read);
    inference.dispose();
  });
}

/** Everything that a training of three steps leaves. */
async function trained(network: Network): Promise<unknown[]> {
  for (let index = 0; index < 3; index++) step(network, index, 0.01);
  return [await network.readWeights(), await network.readWeights({ average: true }), await network.readLoss()];
}

/** Cases of a training step beyond the gradient. */
export const trainingCases: NetworkCase[] = [
  ...optimizers.map((optimizer) => ({
    name: `five steps of ${JSON.stringify(optimizer)}`,
    fn: (bench: Bench) => checkOptimizer(bench, optimizer),
  })),
  ...(["adam", "sgd", "rmsProp"] as const).map((name) => ({
    name: `${name} with weight decay leaves frozen weights and their averages as they are`,
    fn: (bench: Bench) => checkFrozenUpdates(bench, { name, weightDecay: 0.1, average: 0.5 }),
  })),
  { name: "moving averages after three updates, and evaluation by them", fn: checkMovingAverages },
  {
    name: "weights come back as they were written",
    fn: (bench) =>
      withNetwork(bench, {}, async (network) => {
        assertEquals(await network.readWeights(), weights);
        const other = randomWeights(everyOpNetwork, 5);
        network.writeWeights(other);
        const read = await network.readWeights();
        assertEquals(read, other);
        read.parameters.fill(0);
        assertEquals(await network.readWeights(), other);
        network.forward(randomImages(example, 1));
        const logits = runReference(everyOpNetwork, randomImages(example, 1), { weights: other, mode: "training" });
        const { tolerance } = bench;
        assertNear(await network.read("logits"), logits.read("logits").data, { what: "logits", tolerance });
      }),
  },
  {
    name: "written weights start the optimizer and the moving averages anew",
    fn: (bench) =>
      withNetwork(bench, { optimizer: { name: "adam", average: 0.9 } }, async (network) => {
        const first = await trained(network);
        network.writeWeights(weights);
        assertEquals(await network.readWeights({ average: true }), weights);
        assertEquals(await trained(network), first);
      }),
  },
  {
    name: "parameters written alone leave moving averages and the optimizer's state, and are what runs",
    fn: (bench) =>
      withNetwork(bench, { optimizer: { name: "sgd", momentum: 0.8, nesterov: false } }, async (network) => {
        const rate = 0.05;
        step(network, 1, rate);
        const velocity = await network.readGradient();
        const { statistics } = await network.readWeights();
        const { parameters } = randomWeights(everyOpNetwork, 6);
        network.writeParameters(parameters);
        assertEquals(await network.readWeights(), { parameters, statistics });
        const images = randomImages(example, 2);
        network.forward(images);
        const reference = runReference(everyOpNetwork, images, {
          weights: { parameters, statistics },
          mode: "training",
        });
        const { tolerance } = bench;
        assertNear(await network.read("logits"), reference.read("logits").data, { what: "logits", tolerance });
        const gradient = new Float32Array(parameters.length).fill(0.5);
        network.writeGradient(gradient);
        assertEquals(await network.readGradient(), gradient);
        network.update(rate);
        const after = (await network.readWeights()).parameters;
        const expected = parameters.map((value, index) => value - rate * (0.8 * velocity[index] + 0.5));
        for (const [index, value] of after.entries()) {
          assert(Math.abs(value - expected[index]) < 1e-5, `parameter ${index} is ${value}, not ${expected[index]}`);
        }
      }),
  },
  {
    name: "kernels of 4 bits are rounded anew after each update",
    fn: async (bench) => {
      const { engine, tolerance } = bench;
      const options = { batchSize, mode: "training", weights, weightBits: 4 } as const;
      const network = await engine.compile(everyOpNetwork, { ...options, optimizer: { name: "sgd", momentum: 0 } });
      step(network, 1, 0.1);
      const after = await network.readWeights();
      const images = randomImages(example, 2);
      network.forward(images);
      const reference = runReference(everyOpNetwork, images, { weights: after, mode: "training", weightBits: 4 });
      assertNear(await network.read("logits"), reference.read("logits").data, { what: "logits", tolerance });
      network.dispose();
    },
  },
  {
    name: "a training lowers its loss",
    fn: (bench) =>
      withNetwork(bench, {}, async (network) => {
        const images = randomImages(example, 1), targets = randomTargets(1);
        const losses: Promise<number>[] = [];
        for (let index = 0; index < 25; index++) {
          network.forward(images);
          network.softTargetLoss(targets);
          network.backward();
          network.update(0.02);
          losses.push(network.readLoss());
        }
        const read = await Promise.all(losses);
        assert(read[24] < 0.3 * read[0], `losses ${read}`);
      }),
  },
];
