// A context for procedures that compress: bars, a small student, an engine of the test's own.
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import type { Engine } from "../../../src/engine/network.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import type { ProcedureContext } from "../../../src/procedures/procedure.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";

export const dataset = barDataset();
export const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const space = createSpace("mnas", { ...dataset, classes: 3 });
export const reference = space.reference(1);

/** A student of few nodes, for tests of many trainings. */
export const smallStudent: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 12, activation: "relu" },
    { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 24, activation: "relu" },
    { op: "depthwiseConv", inputs: [1], kernel: 3, stride: 2, activation: "relu" },
    { op: "squeezeExcite", inputs: [2], squeezeChannels: 4 },
    { op: "conv", inputs: [3], kernel: 1, stride: 1, filters: 16, activation: "none", tap: "stage1" },
    { op: "conv", inputs: [4], kernel: 3, stride: 1, filters: 16, activation: "none" },
    { op: "add", inputs: [5, 4], activation: "relu", tap: "stage2" },
    { op: "globalAveragePool", inputs: [6], tap: "embedding" },
    { op: "dense", inputs: [7], units: 3 },
  ],
};

/** Every choice of the space in one student or another. */
export function variedStudents(): Architecture[] {
  return [1, 2, 3, 4].map((stride) =>
    space.decode(space.decisions.map(({ choices }, index) => (index * 5 + stride) % choices.length))
  );
}

export async function contextOf(overrides: Partial<ProcedureContext> = {}): Promise<ProcedureContext> {
  const engine: Engine = overrides.engine ?? await startWasmEngine();
  return {
    architecture: smallStudent,
    engine,
    data,
    teachers: [],
    trainImages: 240,
    epochs: 6,
    batchSize: 16,
    views: 1,
    seed: 3,
    peakLearningRate: 0.01,
    ...overrides,
  };
}

/** A teacher that has learned the bars; the caller disposes it. */
export async function barTeacher(engine: Engine): Promise<Teacher> {
  const { weights } = await train(smallStudent, {
    engine,
    data,
    distiller: createDistiller("none"),
    trainImages: 240,
    epochs: 6,
    batchSize: 16,
    views: 1,
    seed: 9,
    peakLearningRate: 0.01,
  });
  return networkTeacher({ name: "bars", architecture: smallStudent, weights, engine, batchSize: 60 });
}
