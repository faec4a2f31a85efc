// What the tests of procedures train on: three classes of bars, a small student, a teacher made from a seed.
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import type { Engine } from "../../../src/engine/network.ts";
import type { ProcedureContext } from "../../../src/procedures/procedure.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";

const dataset = barDataset();
export const barData = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });

/** The reference network of the space, as wide as itself. */
export const student: Architecture = createSpace("mnas", { ...dataset, classes: 3 }).reference(1);

/** A plain network of one stage, quick to train. */
export const tiny: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 8, activation: "relu" },
    { op: "conv", inputs: [0], kernel: 3, stride: 1, filters: 8, activation: "relu", tap: "stage1" },
    { op: "globalAveragePool", inputs: [1], tap: "embedding" },
    { op: "dense", inputs: [2], units: 3 },
  ],
};

/** `engine`, which counts the networks that are compiled and not disposed of. */
export function countingEngine(engine: Engine): Engine & { live: number } {
  return {
    backend: engine.backend,
    description: engine.description,
    live: 0,
    async compile(architecture, options) {
      const network = await engine.compile(architecture, options);
      this.live++;
      const dispose = network.dispose.bind(network);
      network.dispose = () => {
        this.live--;
        dispose();
      };
      return network;
    },
    dispose() {},
  };
}

/** Two epochs of 240 images in batches of 40: 12 steps. */
export function barContext(engine: Engine, overrides: Partial<ProcedureContext> = {}): ProcedureContext {
  return {
    architecture: tiny,
    engine,
    data: barData,
    teachers: [],
    trainImages: 240,
    epochs: 2,
    batchSize: 40,
    views: 1,
    seed: 7,
    peakLearningRate: 0.02,
    ...overrides,
  };
}

/** The tiny network after three epochs on the labels. The caller disposes it. */
export async function barTeacher(engine: Engine, seed = 11): Promise<Teacher> {
  const { teachers: _none, ...context } = barContext(engine, { seed, epochs: 3 });
  const { weights } = await train(tiny, { ...context, distiller: createDistiller("none") });
  return networkTeacher({ name: `teacher ${seed}`, architecture: tiny, weights, engine, batchSize: 40 });
}

/** The weights of a plain training by a loss. */
export async function trainedBy(context: ProcedureContext, name: string, options = {}): Promise<Float32Array> {
  const { weights } = await train(context.architecture, { ...context, distiller: createDistiller(name, options) });
  return weights.parameters;
}
