// Networks beside and after one another, and what is refused.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Network, NetworkOptions, TensorData } from "../../../src/engine/network.ts";
import { everyOpNetwork } from "../../src/engine/every_op_network.ts";
import { type Bench, choose, compareRuns, compile, type NetworkCase, randomImages, randomWeights } from "./check.ts";
import { graphExamples } from "./graph_examples.ts";
import { randomTargets } from "./training_cases.ts";

const batchSize = 5;
const weights = randomWeights(everyOpNetwork, 4);
const images = randomImages({ architecture: everyOpNetwork, batchSize }, 4);
const options: NetworkOptions = {
  batchSize,
  mode: "training",
  weights,
  features: ["stem", "embedding"],
  gradients: ["logits", "stem"],
};

async function withNetwork(bench: Bench, more: Partial<NetworkOptions>, use: (network: Network) => unknown) {
  const network = await bench.engine.compile(everyOpNetwork, { ...options, ...more });
  try {
    await use(network);
  } finally {
    network.dispose();
  }
}

/** A call that is to throw, at once or by its promise. */
async function assertRefused(what: string, call: () => unknown, kind: typeof Error = RangeError): Promise<void> {
  try {
    await assertRejects(async () => await call(), kind);
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`);
  }
}

const compileRefusals: [string, Partial<NetworkOptions>][] = [
  ["too few parameters", { weights: { ...weights, parameters: weights.parameters.slice(1) } }],
  ["too many statistics", { weights: { ...weights, statistics: new Float32Array(weights.statistics.length + 1) } }],
  ["a batch size of 0", { batchSize: 0 }],
  ["a batch size of 1.5", { batchSize: 1.5 }],
  ["a feature that does not exist", { features: ["nowhere"], gradients: ["logits"] }],
  ["a wrong suffix", { features: ["stem:after"], gradients: ["logits"] }],
  ["a feature before the activation of a gate", { features: ["gated:before"], gradients: ["logits"] }],
  ["a gradient at a port that is none", { gradients: ["gated"] }],
  ...[1, 2.5, 17].map((
    weightBits,
  ): [string, Partial<NetworkOptions>] => [`${weightBits} bits a weight`, { weightBits }]),
  ["a learning rate decay out of range", { optimizer: { name: "adam", beta1: 1 } }],
];

/** Cases of several networks, and of errors. */
export const lifetimeCases: NetworkCase[] = [
  {
    name: "networks alive at once do not disturb each other",
    fn: async (bench) => {
      const examples = [graphExamples[0], graphExamples[2], { ...graphExamples[0], mode: "inference" as const }];
      const chosen = examples.map(choose);
      const networks: Network[] = [];
      for (const [index, example] of examples.entries()) {
        networks.push(await compile(bench, example, chosen[index].weights));
      }
      for (const [index, network] of networks.entries()) network.forward(chosen[index].images);
      for (const [index, network] of networks.entries()) {
        await compareRuns(bench, examples[index], network, chosen[index].run);
      }
      networks[1].dispose();
      networks[0].forward(chosen[0].images);
      await compareRuns(bench, examples[0], networks[0], chosen[0].run);
      for (const network of networks) network.dispose();
    },
  },
  {
    name: "fifteen networks one after another, of several sizes, give what the first of their size gave",
    fn: async ({ engine }) => {
      const first = new Map<string, unknown>();
      for (let time = 0; time < 15; time++) {
        const example = graphExamples[1 + time % 3];
        const { architecture, batchSize } = example;
        const weights = randomWeights(architecture, 4);
        const network = await engine.compile(architecture, { batchSize, mode: "training", weights });
        network.forward(randomImages(example, 4));
        network.softTargetLoss({ labels: new Int32Array(batchSize), temperature: 1, alpha: 1 });
        network.backward();
        network.update(0.01);
        const result = await Promise.all([network.readLoss(), network.readGradient(), network.readWeights()]);
        await network.finish();
        network.dispose();
        if (!first.has(example.name)) first.set(example.name, result);
        assertEquals(result, first.get(example.name));
      }
    },
  },
  {
    name: "what is read is the caller's own",
    fn: (bench) =>
      withNetwork(bench, {}, async (network) => {
        network.forward(images);
        network.softTargetLoss(randomTargets(1));
        network.backward({ stem: bench.tensor(new Float32Array(batchSize * 5 * 4 * 6)) });
        for (const port of ["logits", "stem", "embedding"]) {
          const read = await network.read(port);
          const kept = read.slice();
          read.fill(-1);
          assertEquals(await network.read(port), kept);
        }
        const gradient = await network.readGradient();
        const kept = gradient.slice();
        gradient.fill(-1);
        assertEquals(await network.readGradient(), kept);
        // Images are copied too: changing them afterwards changes nothing.
        const logits = await network.read("logits");
        const given = images.slice();
        network.forward(given);
        given.fill(0);
        assertEquals(await network.read("logits"), logits);
      }),
  },
  {
    name: "a port's gradient that is left out stays what it was",
    fn: (bench) =>
      withNetwork(bench, {}, async (network) => {
        const stem = images.slice(0, batchSize * 5 * 4 * 6);
        const gradientWith = (gradients?: Record<string, TensorData>) => {
          network.forward(images);
          network.softTargetLoss(randomTargets(1));
          network.backward(gradients);
          return network.readGradient();
        };
        const first = await gradientWith({ stem: bench.tensor(stem) });
        assertEquals(await gradientWith(), first);
        const other = await gradientWith({ stem: bench.tensor(stem.map((value) => -value)) });
        assert(other.some((value, index) => value !== first[index]), "nothing changed");
      }),
  },
  ...compileRefusals.map(([what, wrong]) => ({
    name: `compiling with ${what} is a RangeError`,
    fn: ({ engine }: Bench) =>
      assertRefused(what, async () => {
        const network = await engine.compile(everyOpNetwork, { ...options, ...wrong });
        network.dispose();
      }),
  })),
  {
    name: "tensors of wrong sizes and unknown ports are RangeErrors, and the network goes on",
    fn: (bench) =>
      withNetwork(bench, {}, async (network) => {
        network.forward(images);
        const logits = await network.read("logits");
        const targets = randomTargets(1);
        const { parameters, statistics } = weights;
        const tensor = (count: number) => bench.tensor(new Float32Array(count));
        const refusals: [string, () => unknown][] = [
          ["too few images", () => network.forward(images.slice(1))],
          ["too many images", () => network.forward(new Float32Array(images.length + 1))],
          ["too few labels", () => network.softTargetLoss({ ...targets, labels: new Int32Array(batchSize - 1) })],
          ["too few teacher logits", () => network.softTargetLoss({ ...targets, teacherLogits: new Float32Array(4) })],
          ["too few parameters", () => network.writeWeights({ statistics, parameters: parameters.slice(1) })],
          ["too few statistics", () => network.writeWeights({ parameters, statistics: statistics.slice(1) })],
          ["too few parameters alone", () => network.writeParameters(parameters.slice(1))],
          ["a short gradient of the parameters", () => network.writeGradient(parameters.slice(1))],
          ["a short gradient", () => network.backward({ stem: tensor(8) })],
          ["short gradients of the logits", () => network.backward({ logits: tensor(4) })],
          ["a gradient at a port without one", () => network.backward({ embedding: tensor(batchSize * 9) })],
          ["a gradient at no port", () => network.backward({ nowhere: tensor(4) })],
          ["reading no port", () => network.read("nowhere")],
          ["reading a tap that is no port", () => network.read("sum")],
          ["the output of no port", () => network.output("nowhere")],
          ["the gradient of images that was not asked for", () => network.readImageGradient()],
          ["an average that is not kept", () => network.readWeights({ average: true })],
        ];
        for (const [what, call] of refusals) await assertRefused(what, call);
        assertEquals(await network.readWeights(), { parameters, statistics: (await network.readWeights()).statistics });
        network.forward(images);
        assertEquals(await network.read("logits"), logits);
      }),
  },
  {
    name: "labels that are no class, and a temperature or alpha out of range, are RangeErrors",
    fn: (bench) =>
      withNetwork(bench, {}, async (network) => {
        network.forward(images);
        const targets = randomTargets(1);
        for (const label of [-1, everyOpNetwork.classes]) {
          const labels = targets.labels.slice();
          labels[batchSize - 1] = label;
          await assertRefused(`label ${label}`, () => network.softTargetLoss({ ...targets, labels }));
        }
        for (const wrong of [{ temperature: 0 }, { temperature: NaN }, { alpha: -0.1 }, { alpha: 1.1 }]) {
          await assertRefused(JSON.stringify(wrong), () => network.softTargetLoss({ ...targets, ...wrong }));
        }
      }),
  },
  {
    name: "a network for inference refuses to train",
    fn: (bench) =>
      withNetwork(bench, { mode: "inference" }, async (network) => {
        network.forward(images);
        const calls: [string, () => unknown][] = [
          ["softTargetLoss", () => network.softTargetLoss(randomTargets(1))],
          ["backward", () => network.backward()],
          ["update", () => network.update(0.1)],
          ["readGradient", () => network.readGradient()],
        ];
        for (const [what, call] of calls) await assertRefused(what, call, Error);
      }),
  },
  {
    name: "a disposed network refuses to work; disposing of it again does nothing",
    fn: async ({ engine }) => {
      const network = await engine.compile(everyOpNetwork, options);
      network.forward(images);
      network.dispose();
      network.dispose();
      assertThrows(() => network.forward(images), Error);
    },
  },
];
