// Networks with every operation of the space, as engines and deployed models run them.
import { assert } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { Random } from "../../../src/data/random.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { growthOperations } from "../../../src/spaces/growth_network.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";

const engine = await startWasmEngine();
await tf.setBackend("cpu");

const image = { height: 17, width: 16, channels: 3, classes: 4 };
const space = createSpace("growth", { ...image, backbone: "resnet8", layers: 12 });
const random = new Random(2);
const images = Float32Array.from({ length: 2 * 17 * 16 * 3 }, () => random.normal());

for (const [input, output] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
  const [where, target] = [input ? "beside" : "after", output ? "onward" : "here"];
  Deno.test(`every operation ${where} its block, added ${target}, is deployed as it was trained`, async () => {
    const tokens: number[] = [];
    for (const [index, { choices, legal }] of space.decisions.entries()) {
      const layer = Math.floor(index / 3);
      const wanted = [1 + layer % (growthOperations.length - 1), input, output][index % 3];
      const mask = legal?.(tokens) ?? choices.map(() => true);
      tokens.push(mask[wanted] ? wanted : 0);
    }
    const architecture = space.decode(tokens);
    for (const op of ["conv", "depthwiseConv", "maxPool", "averagePool"]) {
      assert(architecture.nodes.some((node) => node.op === op), op);
    }
    const weights = initialiseWeights(architecture, 5, { randomStatistics: true });
    const predictor = await buildPredictor(architecture, { engine, weights, batchSize: 2 });
    const trained = await predictor.predict(images);
    const model = buildDeployedModel(architecture, weights);
    const batch = tf.tensor4d(images, [2, image.height, image.width, image.channels]);
    const logits = model.predict(batch);
    const deployed = await logits.data();
    const largest = Math.max(...deployed.map(Math.abs));
    const difference = Math.max(...trained.map((value, index) => Math.abs(value - deployed[index])));
    assert(difference < 1e-4 * largest, `${difference} of ${largest}`);
    predictor.dispose();
    model.dispose();
    tf.dispose([batch, logits]);
  });
}
