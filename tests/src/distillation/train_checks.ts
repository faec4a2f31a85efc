// Real trainings of a moment by the wasm engine, for tests of losses; and students of the search space to try shapes on.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
import { tapsOf } from "../../../src/distillation/taps.ts";
import type { Weights } from "../../../src/engine/network.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { train, type Trained } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";
import { disposeBatch, madeBatch, madeContext, withDistillation } from "./loss_checks.ts";

const batchSize = 16;
const seed = 7;

export interface BarTraining extends Trained {
  architecture: Architecture;
  /** Weights before the training. */
  initial: Weights;
}

/**
 * Trains the reference student on bars by `distiller` and a teacher with random weights; requires finite and new weights and
 * that no tensor is left.
 */
export async function trainOnBars(
  distiller: Distiller,
  { epochs = 2 }: { epochs?: number } = {},
): Promise<BarTraining> {
  const dataset = barDataset();
  const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
  const io = { ...dataset, classes: 3 };
  const architecture = createSpace("mnas", io).reference(1);
  const engine = await startWasmEngine();
  const ofTeacher = teacherArchitecture(io);
  const teacher = networkTeacher({
    name: "teacher",
    architecture: ofTeacher,
    weights: initialiseWeights(ofTeacher, 1),
    engine,
    batchSize,
  });
  try {
    await startTensors(engine);
    const before = tf.memory().numTensors;
    const trained = await train(architecture, {
      engine,
      data,
      distiller,
      teachers: [teacher],
      trainImages: 64,
      epochs,
      batchSize,
      views: 1,
      seed,
      peakLearningRate: 3e-3,
    });
    assertEquals(tf.memory().numTensors, before, "tensors before and after");
    assert(Number.isFinite(trained.loss), `the loss is ${trained.loss}`);
    const initial = initialiseWeights(architecture, seed);
    assert(trained.weights.parameters.some((value, index) => value !== initial.parameters[index]));
    return { ...trained, architecture, initial };
  } finally {
    teacher.dispose();
    engine.dispose();
  }
}

/** Requires that nodes after `tap` have the weights they started with, and that the others have not. */
export function assertTrainedUpTo({ architecture, initial, weights }: BarTraining, tap: string): void {
  const { nodes } = layoutOf(architecture);
  const last = nodes.findIndex(({ node }) => node.tap === tap);
  assert(last >= 0, `no ${tap}`);
  for (const [index, { node, parameters }] of nodes.entries()) {
    for (const { name, offset, size } of parameters) {
      const same = weights.parameters.subarray(offset, offset + size)
        .every((value, place) => value === initial.parameters[offset + place]);
      assertEquals(same, index > last, `${name} of node ${index} (${node.op}), with ${tap} at ${last}`);
    }
  }
}

/**
 * Random students of the search space and our teacher, for images of two sizes: requires a finite term with a finite gradient
 * of every phase.
 */
export async function assertFitsSpace(
  distiller: Distiller,
  { students = 6 }: { students?: number } = {},
): Promise<void> {
  const random = new Random(3);
  for (const [size, channels] of [[8, 1], [28, 1], [32, 3]]) {
    const io = { height: size, width: size, channels, classes: 3 };
    const space = createSpace("mnas", io);
    for (let student = 0; student < students; student++) {
      const architecture = space.decode(space.decisions.map(({ choices }) => random.integer(choices.length)));
      const context = madeContext({
        student: tapsOf(architecture),
        teachers: [tapsOf(teacherArchitecture(io))],
        batchSize: 2,
      });
      await withDistillation(distiller, context, ({ phases }) => {
        for (const phase of phases) {
          if (!phase.term) continue;
          const { studentFeatures = [], term } = phase;
          const batch = madeBatch(context, phase);
          tf.tidy(() => {
            const names = [...studentFeatures, ...phase.readsOutputs ? ["logits"] : []];
            const tensors = names.map((name) =>
              name === "logits" ? batch.student.outputs[name] : batch.student.features[name]
            );
            const { value, grads } = tf.valueAndGrads((...moved: tf.Tensor[]) => {
              const ports = Object.fromEntries(names.map((name, index) => [name, moved[index]]));
              return term.call(phase, { ...batch, student: { outputs: ports, features: ports } });
            })(tensors);
            const numbers = [value, ...grads].flatMap((tensor) => [...tensor.dataSync()]);
            const taps = JSON.stringify(context.student.stages);
            assert(numbers.every((number) => Number.isFinite(number)), `${phase.name} is not finite on ${taps}`);
            assert(numbers.some((number) => number !== 0), `${phase.name} is zero on ${taps}`);
          });
          disposeBatch(batch);
        }
      });
    }
  }
}
