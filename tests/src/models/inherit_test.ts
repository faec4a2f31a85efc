import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { Random } from "../../../src/data/random.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { alignNodes } from "../../../src/models/alignment.ts";
import { embedNodes } from "../../../src/models/embedding.ts";
import { inheritedNodes, inheritWeights } from "../../../src/models/inherit.ts";
import { initialiseWeights, type Weights } from "../../../src/models/weights.ts";
import { countParameters, layoutOf } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { evaluate } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { train } from "../../../src/training/train.ts";
import { drawTokens, legalTokens } from "../spaces/tokens.ts";
import { barDataset } from "../training/fixtures.ts";

const engine = await startWasmEngine();
const image = { height: 16, width: 16, channels: 3, classes: 5 };
const images = new Float32Array(8 * 16 * 16 * 3);
const random = new Random(3);
for (let index = 0; index < images.length; index++) images[index] = random.normal();

async function logitsOf(architecture: Architecture, weights: Weights): Promise<Float32Array> {
  const predictor = await buildPredictor(architecture, { engine, weights, batchSize: 8 });
  const logits = (await predictor.predict(images)).slice();
  predictor.dispose();
  return logits;
}

/** The largest difference of logits as a share of the largest logit. */
function difference(one: Float32Array, other: Float32Array): number {
  const largest = Math.max(...one.map(Math.abs));
  return Math.max(...one.map((value, index) => Math.abs(value - other[index]))) / largest;
}

const grownOnce = createSpace("growth", { ...image, backbone: "resnet8" });
const backbones = {
  resnet8: createSpace("growth", { ...image, backbone: "resnet8" }).reference(1),
  resnet14: createSpace("growth", { ...image, backbone: "resnet14" }).reference(0.5),
  "a mobile network": createSpace("mnas", image).reference(1),
  "a mobile network that pools beside its blocks": createSpace("mnas-uniform", image).decode([0, 0, 1, 0, 1, 1]),
  "a network that was grown itself": grownOnce.decode(drawTokens(grownOnce, new Random(2))),
  "a mobile network of separable layers": createSpace("mnas-uniform", image).decode([1, 1, 0, 1, 1, 1]),
};

for (const [name, backbone] of Object.entries(backbones)) {
  const space = createSpace("growth", { ...image, backbone, layers: 8 });
  const parent = { architecture: backbone, weights: initialiseWeights(backbone, 1, { randomStatistics: true }) };

  Deno.test(`whatever grows from ${name} inherits all of it, and gives what it gives`, async () => {
    const expected = await logitsOf(backbone, parent.weights);
    await fc.assert(
      fc.asyncProperty(legalTokens(space), async (tokens) => {
        const child = space.decode(tokens);
        const { weights, inherited } = inheritWeights(parent, child, 7);
        assertEquals(Math.round(inherited * countParameters(child)), countParameters(backbone));
        const actual = await logitsOf(child, weights);
        assert(difference(expected, actual) < 1e-5, `${difference(expected, actual)}`);
      }),
      { numRuns: 15 },
    );
  });
}

const resnet = backbones.resnet8;
const growth = createSpace("growth", { ...image, backbone: resnet });
const grown = growth.decode(drawTokens(growth, new Random(11)));
const parent = { architecture: resnet, weights: initialiseWeights(resnet, 1) };

Deno.test("new layers have the weights of the seed, but for gains of 0 where branches end; the parent is untouched", () => {
  const before = parent.weights.parameters.slice();
  const { weights } = inheritWeights(parent, grown, 7);
  const fresh = initialiseWeights(grown, 7).parameters;
  const parents = inheritedNodes(resnet, grown);
  let zeros = 0;
  for (const [index, { node, parameters }] of layoutOf(grown).nodes.entries()) {
    if (parents[index] !== undefined) continue;
    for (const { name, offset, size } of parameters) {
      const [actual, drawn] = [weights.parameters, fresh].map((all) => all.subarray(offset, offset + size));
      const end = name === "gamma" && node.op === "conv";
      assertEquals(actual, end ? new Float32Array(size) : drawn);
      zeros += end ? 1 : 0;
    }
  }
  assert(zeros > 1);
  assertEquals(parent.weights.parameters, before);
  assertEquals(inheritWeights(parent, grown, 7).weights, weights);
  assert(
    inheritWeights(parent, grown, 8).weights.parameters.some((value, index) => value !== weights.parameters[index]),
  );
});

Deno.test("a network inherits itself whole, and a narrower one what has its shapes", () => {
  const whole = inheritWeights(parent, resnet, 7);
  assertEquals([whole.weights, whole.inherited], [parent.weights, 1]);
  assertEquals(inheritWeights(parent, growth.reference(0.5), 7).inherited, 0);
});

Deno.test("students of mnas inherit the blocks that they share, stage by stage", () => {
  const mnas = createSpace("mnas", image);
  const one = mnas.decode(mnas.decisions.map(() => 1));
  // The last block's kernel: all before it is the same, and the head after it.
  const other = mnas.decode(mnas.decisions.map((_, index) => index === 37 ? 0 : 1));
  const weights = initialiseWeights(one, 1);
  const { inherited } = inheritWeights({ architecture: one, weights }, other, 7);
  const changed = layoutOf(other).nodes.filter(({ node }, index) =>
    "kernel" in node && JSON.stringify(node) !== JSON.stringify(one.nodes[index])
  );
  const notInherited = changed.flatMap(({ parameters }) => parameters).reduce((sum, { size }) => sum + size, 0);
  assert(notInherited > 0);
  assertEquals(Math.round((1 - inherited) * countParameters(other)), notInherited);
});

Deno.test("a network lies within those that grew from it, and in no other", () => {
  assertEquals(embedNodes(resnet, grown)?.filter((node) => node !== undefined), [...resnet.nodes.keys()]);
  assertEquals(embedNodes(grown, resnet), undefined);
  assertEquals(embedNodes(resnet, growth.reference(0.5)), undefined);
  assertEquals(embedNodes(backbones.resnet14, growth.reference(0.5)), undefined, "one that is deeper");
  // The same layers where one reads another node than before.
  const rewired = resnet.nodes.map((node, index) => index === 4 ? { ...node, inputs: [0] } : node);
  assertEquals(embedNodes(resnet, { ...resnet, nodes: rewired }), undefined);
});

Deno.test("nodes tapped under other names are never taken for each other", () => {
  const renamed: Architecture = {
    ...resnet,
    nodes: resnet.nodes.map((node) => node.tap === "stage1" ? { ...node, tap: "other" } : node),
  };
  const place = resnet.nodes.findIndex(({ tap }) => tap === "stage1");
  assertEquals(alignNodes(resnet, renamed)[place], undefined);
  assertEquals(alignNodes(resnet, renamed).filter((one) => one === undefined).length, 1);
});

Deno.test("weights of another network than the parent are refused", () => {
  const weights = initialiseWeights(grown, 1);
  assertThrows(() => inheritWeights({ architecture: resnet, weights }, grown, 1), RangeError, "the parent has");
});

Deno.test("a student grown from a trained backbone scores as it at first, and after one epoch is ahead of one from chance", async () => {
  const dataset = barDataset();
  const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
  const space = createSpace("growth", { ...dataset, classes: 3, backbone: "resnet8", layers: 3 });
  const backbone = space.reference(0.5);
  const bars = createSpace("growth", { ...dataset, classes: 3, backbone, layers: 3 });
  const child = bars.decode([1, 0, 0, 3, 1, 0, 5, 0, 0]);
  const options = {
    engine,
    data,
    distiller: createDistiller("none"),
    batchSize: 32,
    trainImages: 240,
    views: 1,
    peakLearningRate: 0.01,
    seed: 7,
  };
  const score = async (architecture: Architecture, weights: Weights) => {
    const predictor = await buildPredictor(architecture, { engine, weights });
    const accuracy = await evaluate(predictor, data, dataset.train, data.validation);
    predictor.dispose();
    return accuracy;
  };
  const { weights } = await train(backbone, { ...options, epochs: 6 });
  const reached = await score(backbone, weights);
  assert(reached > 0.8, `${reached}`);
  const start = inheritWeights({ architecture: backbone, weights }, child, 7);
  assert(start.inherited > 0.4 && start.inherited < 1, `${start.inherited}`);
  assertEquals(await score(child, start.weights), reached);
  const [warm, cold] = [
    await train(child, { ...options, epochs: 1, weights: start.weights }),
    await train(child, { ...options, epochs: 1 }),
  ];
  assert(warm.loss < cold.loss / 2, `${warm.loss}, ${cold.loss}`);
  const gains = layoutOf(child).nodes.flatMap(({ parameters }, index) =>
    inheritedNodes(backbone, child)[index] === undefined ? parameters.filter(({ name }) => name === "gamma") : []
  );
  assert(gains.length > 0);
  for (const { offset, size } of gains) {
    const learned = warm.weights.parameters.subarray(offset, offset + size);
    assert(learned.some((gain) => gain !== 0 && gain !== 1), "new branches learn");
  }
});
