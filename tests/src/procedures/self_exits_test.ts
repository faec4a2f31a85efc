import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { self } from "../../../src/distillation/self.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import type { ProcedureContext } from "../../../src/procedures/procedure.ts";
import { selfExits } from "../../../src/procedures/self_exits.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { evaluate } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const context: ProcedureContext = {
  architecture: createSpace("mnas", { ...dataset, classes: 3 }).reference(1),
  engine,
  data,
  teachers: [],
  trainImages: 240,
  epochs: 6,
  batchSize: 32,
  views: 1,
  seed: 7,
  peakLearningRate: 0.01,
};

interface Details {
  exits: { stage: string; accuracy: number }[];
  deepestAccuracy: number;
  ensembleAccuracy: number;
}

Deno.test("self-exits scores the exits that it trained and their ensemble, and frees them", async () => {
  const tensors = tf.memory().numTensors;
  const lines: string[] = [];
  const options = selfExits.options.parse({});
  const result = await selfExits.create(options).run({ ...context, log: (line) => lines.push(line) });
  assertEquals(tf.memory().numTensors, tensors);
  const { deepestAccuracy, ensembleAccuracy, exits } = result.details as unknown as Details;
  assertEquals(exits.map(({ stage }) => stage), ["stage2", "stage4", "stage6"]);
  // An exit that was not trained is right about a third of the images.
  for (const { accuracy, stage } of exits) assert(accuracy > 0.6, `${stage}: ${accuracy}`);
  assert(ensembleAccuracy > 0.8, `ensemble ${ensembleAccuracy}`);
  assertEquals(lines.length, 1);
  const predictor = await buildPredictor(context.architecture, { engine, weights: result.weights });
  assertEquals(await evaluate(predictor, data, dataset.train, data.validation), deepestAccuracy);
  predictor.dispose();
  // The same training as the loss alone.
  const plain = await train(context.architecture, { ...context, distiller: self.create(options) });
  assertEquals(result.weights.parameters, plain.weights.parameters);
});
