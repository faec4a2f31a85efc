// Dropout and stochastic depth: how much they drop, that both passes drop the same, and what the masks follow from.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { NetworkOptions } from "../../../src/engine/network.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { runReference } from "../../src/engine/reference/network.ts";
import { type Bench, compareRuns, type NetworkCase, randomImages, randomWeights } from "./check.ts";

const batchSize = 100;
const dropoutRate = 0.4;
const dropRate = 0.3;

/** Taps show what was kept; what dropout reads has no zeros, which would hide it. */
const architecture: Architecture = {
  version: 1,
  input: { height: 4, width: 4, channels: 3 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 1, stride: 1, filters: 5, activation: "relu6", tap: "stem" },
    { op: "conv", inputs: [0], kernel: 3, stride: 1, filters: 5, activation: "none", tap: "branch" },
    { op: "add", inputs: [1, 0], dropRate, activation: "relu", tap: "sum" },
    { op: "conv", inputs: [2], kernel: 1, stride: 1, filters: 5, activation: "none", tap: "branch2" },
    { op: "add", inputs: [3, 1], dropRate, tap: "sum2" },
    { op: "dropout", inputs: [4], rate: dropoutRate, tap: "dropped" },
    { op: "conv", inputs: [5], kernel: 3, stride: 2, filters: 6, activation: "relu" },
    { op: "globalAveragePool", inputs: [6], tap: "pooled" },
    { op: "dropout", inputs: [7], rate: dropoutRate, tap: "droppedVector" },
    { op: "dense", inputs: [8], units: 3 },
  ],
};

const features = ["stem", "branch", "sum:before", "sum", "branch2", "sum2", "dropped", "pooled", "droppedVector"];
const weights = randomWeights(architecture, 2);
const images = randomImages({ architecture, batchSize }, 2);
const options: NetworkOptions = { batchSize, mode: "training", features, weights };

type Features = Record<string, Float32Array>;
/** What was kept, by node: per image where it adds, else per element. */
type Kept = Map<number, boolean[]>;

function nearly(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-4 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Whether images kept their branch: sum - shortcut is 0 or branch / (1 - rate) throughout. */
function keptBranches(sum: Float32Array, branch: Float32Array, shortcut: Float32Array): boolean[] {
  const size = sum.length / batchSize;
  return Array.from({ length: batchSize }, (_, image) => {
    const all = (factor: number) =>
      Array.from({ length: size }, (_, index) => image * size + index)
        .every((index) => nearly(sum[index] - shortcut[index], factor * branch[index]));
    const kept = all(1 / (1 - dropRate));
    assert(kept !== all(0), `image ${image} neither kept nor lost its branch`);
    return kept;
  });
}

/** Whether elements were kept: 0, or input / (1 - rate). */
function keptElements(output: Float32Array, input: Float32Array): boolean[] {
  return Array.from(output, (value, index) => {
    assert(value === 0 || nearly(value, input[index] / (1 - dropoutRate)), `element ${index} is ${value}`);
    return value !== 0;
  });
}

function keptOf(read: Features): Kept {
  return new Map([
    [2, keptBranches(read["sum:before"], read.branch, read.stem)],
    [4, keptBranches(read.sum2, read.branch2, read.branch)],
    [5, keptElements(read.dropped, read.sum2)],
    [8, keptElements(read.droppedVector, read.pooled)],
  ]);
}

async function readAll(network: { read(port: string): Promise<Float32Array> }): Promise<Features> {
  const ports = ["logits", ...features];
  const values = await Promise.all(ports.map((port) => network.read(port)));
  return Object.fromEntries(ports.map((port, index) => [port, values[index]]));
}

/** What was kept in each of some steps without learning. */
async function keptIn({ engine }: Bench, steps: number, more: Partial<NetworkOptions> = {}): Promise<Kept[]> {
  const network = await engine.compile(architecture, { ...options, ...more });
  const all: Kept[] = [];
  for (let step = 0; step < steps; step++) {
    network.forward(images);
    all.push(keptOf(await readAll(network)));
    network.softTargetLoss({ labels: new Int32Array(batchSize), temperature: 1, alpha: 1 });
    network.backward();
    network.update(0);
  }
  network.dispose();
  return all;
}

/** Cases of what is drawn at random. */
export const randomCases: NetworkCase[] = [
  {
    name: "dropout and stochastic depth drop at their rates, each node and each step anew",
    fn: async (bench) => {
      const steps = await keptIn(bench, 8);
      for (const [node, rate] of [[2, dropRate], [4, dropRate], [5, dropoutRate], [8, dropoutRate]]) {
        const kept = steps.flatMap((step) => step.get(node) ?? []);
        const share = kept.filter((is) => !is).length / kept.length;
        const deviation = Math.sqrt(rate * (1 - rate) / kept.length);
        assert(Math.abs(share - rate) < 4 * deviation, `node ${node} dropped ${share}, its rate is ${rate}`);
        assertNotEquals(steps[0].get(node), steps[1].get(node), `node ${node} drops the same in two steps`);
      }
      assertNotEquals(steps.map((step) => step.get(2)), steps.map((step) => step.get(4)));
    },
  },
  {
    name: "what is dropped follows from seed and step alone",
    fn: async (bench) => {
      const [first, again, other] = [
        await keptIn(bench, 2),
        await keptIn(bench, 2),
        await keptIn(bench, 2, { seed: 1 }),
      ];
      assertEquals(again, first);
      for (const node of [2, 4, 5, 8]) {
        assertNotEquals(other.map((step) => step.get(node)), first.map((step) => step.get(node)));
      }
    },
  },
  {
    name: "two forward passes without an update between them are the same",
    fn: async ({ engine }) => {
      const network = await engine.compile(architecture, options);
      network.forward(images);
      const first = await readAll(network);
      network.forward(images);
      assertEquals(await readAll(network), first);
      network.dispose();
    },
  },
  {
    name: "the backward pass drops what the forward pass dropped",
    fn: async (bench) => {
      const gradients = ["logits", "sum2", "dropped", "branch"];
      const network = await bench.engine.compile(architecture, { ...options, gradients, imageGradient: true });
      for (let step = 0; step < 2; step++) {
        network.forward(images);
        const kept = keptOf(await readAll(network));
        const { statistics, parameters } = await network.readWeights();
        const run = runReference(architecture, images, {
          weights: { parameters, statistics },
          mode: "training",
          kept: (node, index) => kept.get(node)?.[index] ?? true,
        });
        // The moving averages mix in the past from the second step on; their own case checks them.
        run.batchStatistics.set(statistics);
        await compareRuns(bench, { architecture, batchSize, features, gradients, imageGradient: true }, network, run);
        network.update(0);
      }
      network.dispose();
    },
  },
  {
    name: "nothing is dropped in inference",
    fn: async (bench) => {
      const network = await bench.engine.compile(architecture, { ...options, mode: "inference" });
      network.forward(images);
      const run = runReference(architecture, images, { weights, mode: "inference" });
      const example = { architecture, batchSize, features, mode: "inference" as const };
      await compareRuns(bench, example, network, run);
      network.dispose();
    },
  },
];
