// Softmax cross-entropy and Hinton's distillation as the engines' own kernel.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import type { SoftTargets } from "../../../src/engine/network.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { everyOpNetwork } from "../../src/engine/every_op_network.ts";
import { referenceLoss } from "../../src/engine/reference/loss.ts";
import { runReference } from "../../src/engine/reference/network.ts";
import {
  assertNear,
  assertWeightsNear,
  type Bench,
  type NetworkCase,
  normals,
  places,
  randomImages,
  randomWeights,
} from "./check.ts";

/** One linear layer on pixel means, so that logits can be anything. */
function linear(classes: number): Architecture {
  return {
    version: 1,
    input: { height: 2, width: 2, channels: 3 },
    classes,
    nodes: [{ op: "globalAveragePool", inputs: [-1] }, { op: "dense", inputs: [0], units: classes }],
  };
}

interface LossExample {
  classes: number;
  batchSize: number;
  /** Of the dense kernel. */
  scale?: number;
  teacher?: { temperature: number; alpha: number };
}

async function checkLoss({ engine, tolerance }: Bench, example: LossExample): Promise<void> {
  const { classes, batchSize, scale = 1, teacher } = example;
  const architecture = linear(classes);
  const weights = randomWeights(architecture, 3);
  weights.parameters.forEach((value, index) => weights.parameters[index] = scale * value);
  const images = randomImages({ architecture, batchSize }, 3);
  const random = new Random(8);
  const targets: SoftTargets = {
    labels: Int32Array.from({ length: batchSize }, () => random.integer(classes)),
    ...(teacher ?? { temperature: 1, alpha: 1 }),
    ...(teacher && { teacherLogits: normals(batchSize * classes, random, { deviation: 2 }) }),
  };
  const run = runReference(architecture, images, { weights, mode: "training" });
  const expected = referenceLoss(run.read("logits").data, targets);
  const network = await engine.compile(architecture, { batchSize, mode: "training", weights });
  try {
    // Twice: with a teacher, then as asked, so that nothing of the one stays for the other.
    for (const now of [{ ...targets, teacherLogits: normals(batchSize * classes, random), alpha: 0.5 }, targets]) {
      network.forward(images);
      network.softTargetLoss(now);
      network.backward();
    }
    assertAlmostEquals(await network.readLoss(), expected.loss, tolerance * Math.max(expected.loss, 1e-3), "loss");
    const { parameters } = run.backward({ logits: expected.gradient });
    const options = { what: "gradient", tolerance };
    assertWeightsNear(await network.readGradient(), parameters, places(architecture, "parameters"), options);
  } finally {
    network.dispose();
  }
}

async function checkNaN({ engine }: Bench, spoil: "images" | "weights" | "teacher"): Promise<void> {
  const architecture = linear(5);
  const weights = randomWeights(architecture, 3);
  const images = randomImages({ architecture, batchSize: 2 }, 3);
  if (spoil === "images") images[images.length - 1] = NaN;
  if (spoil === "weights") weights.parameters[2] = NaN;
  const network = await engine.compile(architecture, { batchSize: 2, mode: "training", weights });
  network.forward(images);
  const teacherLogits = new Float32Array(10);
  if (spoil === "teacher") teacherLogits[9] = NaN;
  network.softTargetLoss({ labels: Int32Array.of(0, 4), temperature: 2, alpha: 0.5, teacherLogits });
  const loss = await network.readLoss();
  network.dispose();
  assert(Number.isNaN(loss), `the loss is ${loss}`);
}

const examples: LossExample[] = [
  { classes: 2, batchSize: 1 },
  { classes: 3, batchSize: 2 },
  { classes: 10, batchSize: 5 },
  { classes: 1000, batchSize: 5 },
  { classes: 10, batchSize: 5, teacher: { temperature: 1, alpha: 0.5 } },
  { classes: 10, batchSize: 5, teacher: { temperature: 4, alpha: 0.1 } },
  { classes: 7, batchSize: 2, teacher: { temperature: 4, alpha: 0 } },
  { classes: 7, batchSize: 2, teacher: { temperature: 4, alpha: 1 } },
  { classes: 101, batchSize: 5, teacher: { temperature: 20, alpha: 0.3 } },
  { classes: 10, batchSize: 5, scale: 30 },
  { classes: 10, batchSize: 5, scale: 0.01 },
  { classes: 10, batchSize: 5, scale: 30, teacher: { temperature: 4, alpha: 0.1 } },
];

/** Cases of the loss. */
export const lossCases: NetworkCase[] = [
  ...examples.map((example) => ({
    name: `the loss of ${JSON.stringify(example)}`,
    fn: (bench: Bench) => checkLoss(bench, example),
  })),
  ...(["images", "weights", "teacher"] as const).map((spoil) => ({
    name: `NaN in the ${spoil} gives a NaN loss`,
    fn: (bench: Bench) => checkNaN(bench, spoil),
  })),
  {
    name: "NaN in one pixel reaches the loss through every op",
    fn: async ({ engine }) => {
      const architecture = everyOpNetwork;
      const images = randomImages({ architecture, batchSize: 2 }, 3);
      images[60] = NaN;
      const weights = randomWeights(architecture, 3);
      const network = await engine.compile(architecture, { batchSize: 2, mode: "training", weights });
      network.forward(images);
      network.softTargetLoss({ labels: Int32Array.of(0, 1), temperature: 1, alpha: 1 });
      const loss = await network.readLoss();
      network.dispose();
      assert(Number.isNaN(loss), `the loss is ${loss}`);
    },
  },
  {
    name: "losses wait to be read, oldest first, the last ten of more",
    fn: async ({ engine, tolerance }) => {
      const architecture = linear(2);
      const weights = randomWeights(architecture, 3);
      const network = await engine.compile(architecture, { batchSize: 3, mode: "training", weights });
      // Downwards, so that losses are no small differences.
      const logitOf = (step: number) => -step / 4;
      let step = 0;
      const take = () => {
        const parameters = new Float32Array(weights.parameters.length);
        parameters[parameters.length - 2] = logitOf(step++);
        network.writeWeights({ ...weights, parameters });
        network.forward(new Float32Array(36));
        network.softTargetLoss({ labels: Int32Array.of(0, 0, 0), temperature: 1, alpha: 1 });
      };
      assertEquals((await network.readLosses()).length, 0);
      let next = 0;
      for (const [taken, kept] of [[3, 3], [9, 9], [0, 0], [1, 1], [10, 10], [23, 10]]) {
        for (let time = 0; time < taken; time++) take();
        next += taken;
        const expected = Array.from(
          { length: kept },
          (_, index) => Math.log1p(Math.exp(-logitOf(next - kept + index))),
        );
        assertNear(await network.readLosses(), expected, { what: `losses after ${next}`, tolerance });
        assertAlmostEquals(await network.readLoss(), Math.log1p(Math.exp(-logitOf(next - 1))), tolerance);
      }
      network.dispose();
    },
  },
  {
    name: "logits in the thousands give a finite loss and gradient",
    fn: async ({ engine, tolerance }) => {
      const architecture = linear(4);
      const weights = randomWeights(architecture, 3);
      weights.parameters.fill(0).set([3000, -2000, 500, 2990], weights.parameters.length - 4);
      const network = await engine.compile(architecture, { batchSize: 1, mode: "training", weights });
      network.forward(new Float32Array(12));
      network.softTargetLoss({ labels: Int32Array.of(2), temperature: 1, alpha: 1 });
      network.backward();
      assertAlmostEquals(await network.readLoss(), 2500 + Math.log1p(Math.exp(-10)), 2500 * tolerance);
      const bias = (await network.readGradient()).slice(-4);
      network.dispose();
      assertNear(bias, [1 / (1 + Math.exp(-10)), 0, -1, 1 / (1 + Math.exp(10))], { what: "gradient", tolerance });
    },
  },
];
