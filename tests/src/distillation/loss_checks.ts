// What tests of losses share: made-up networks and batches, gradients against differences, tensors against leaks. Made for
// the tfjs backend `cpu`, whose tensors can be read at once.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../../../src/data/random.ts";
import type {
  Distillation,
  DistillationBatch,
  DistillationContext,
  Distiller,
  NetworkBatch,
  Phase,
} from "../../../src/distillation/distiller.ts";
import type { NetworkTaps } from "../../../src/distillation/taps.ts";

/** Normal values of a shape; the same for the same seed. */
export function randomTensor<Shape extends number[]>(shape: Shape, seed: number, scale = 1): tf.Tensor {
  const random = new Random(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => scale * random.normal()), shape);
}

/** Taps `stage1`, `stage2`, ... of these shapes and `embedding`. */
export function madeTaps(
  stages: readonly (readonly [height: number, width: number, channels: number])[],
  { before = true, embedding = 6, outputs = 3 }: { before?: boolean; embedding?: number; outputs?: number } = {},
): NetworkTaps {
  return {
    stages: stages.map((shape, index) => ({ name: `stage${index + 1}`, shape, before })),
    embedding: { name: "embedding", channels: embedding },
    outputs,
  };
}

/** A classification of 3 classes with batches of 4 out of 40 images, and what is given instead. */
export function madeContext(
  given: Partial<DistillationContext> & Pick<DistillationContext, "student" | "teachers">,
): DistillationContext {
  return {
    task: "classification",
    batchSize: 4,
    trainImages: 40,
    labels: Array.from({ length: 40 }, (_, position) => position % 3),
    seed: 5,
    trainingOutputs: (teacher) =>
      Promise.resolve(
        Float32Array.from({ length: 40 * given.teachers[teacher].outputs }, (_, index) => Math.sin(index * 1.7)),
      ),
    ...given,
  };
}

function featureShape(taps: NetworkTaps, name: string, batchSize: number): number[] {
  const [tap] = name.split(":");
  if (tap === taps.embedding?.name) return [batchSize, taps.embedding.channels];
  const stage = taps.stages.find((stage) => stage.name === tap);
  assert(stage, `no feature ${name}`);
  assert(tap === name || stage.before, `${tap} has no value before its activation`);
  return [batchSize, ...stage.shape];
}

export interface MadeBatchOptions {
  /** Default 1. */
  seed?: number;
  progress?: number;
  /** Shapes of outputs by name in place of `logits` `[batch, outputs]`. */
  outputs?: Record<string, number[]>;
  /** In place of the labels; freed with the batch. */
  targets?: Record<string, tf.Tensor>;
  /** Default: the batch's first ones. */
  positions?: Uint32Array;
}

/** Random outputs, and random features of those names that `phase` reads. Call {@linkcode disposeBatch}. */
export function madeBatch(
  context: DistillationContext,
  phase: Phase,
  options: MadeBatchOptions = {},
): DistillationBatch {
  const { batchSize, labels, student, teachers } = context;
  const { progress = 0, seed = 1 } = options;
  const positions = options.positions ?? Uint32Array.from({ length: batchSize }, (_, index) => index);
  const network = (taps: NetworkTaps, features: readonly string[], name: string): NetworkBatch => {
    const random = (port: string, shape: number[]) => [port, randomTensor(shape, hashSeed(seed, name, port))];
    const outputs = options.outputs ?? { logits: [batchSize, taps.outputs] };
    return {
      outputs: Object.fromEntries(Object.entries(outputs).map(([port, shape]) => random(port, shape))),
      features: Object.fromEntries(features.map((port) => random(port, featureShape(taps, port, batchSize)))),
    };
  };
  const classes = Array.from(positions, (position) => labels[position]);
  return {
    student: network(student, phase.studentFeatures ?? [], "student"),
    teachers: teachers.map((taps, index) => network(taps, phase.teacherFeatures?.[index] ?? [], `teacher ${index}`)),
    targets: options.targets ??
      { labels: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), student.outputs), "float32")) },
    positions,
    progress,
  };
}

export function disposeBatch({ student, targets, teachers }: DistillationBatch): void {
  tf.dispose([targets, ...[student, ...teachers].map(({ features, outputs }) => ({ features, outputs }))]);
}

/** Prepares `distiller`, calls `use`, and requires that every tensor is freed, whatever it did with the batches it made. */
export async function withDistillation(
  distiller: Distiller,
  context: DistillationContext,
  use: (distillation: Distillation) => void | Promise<void>,
): Promise<void> {
  const before = tf.memory().numTensors;
  const distillation = await distiller.prepare(context);
  const sum = distillation.phases.reduce((sum, { share }) => sum + share, 0);
  assert(Math.abs(sum - 1) < 1e-9, `the phases' shares sum up to ${sum}`);
  await use(distillation);
  distillation.dispose();
  assertEquals(tf.memory().numTensors, before, "tensors before and after");
}

/** The term of `phase`, in plain numbers. */
export function termValue(phase: Phase, batch: DistillationBatch): number {
  assert(phase.term, `the phase ${phase.name} has no term`);
  const { term } = phase;
  return tf.tidy(() => term.call(phase, batch).dataSync()[0]);
}

/** A tensor of the student, by which the term is differentiated. */
interface Input {
  name: string;
  tensor: tf.Tensor;
  /** The term where the tensor is moved. */
  valueAt(moved: tf.Tensor): number;
}

export interface GradientCheckOptions {
  /** Of the move, root mean square; features are of size 1. Default 1e-2. */
  step?: number;
  /** Allowed difference relative to the slope's scale. Default 0.02. */
  tolerance?: number;
  seed?: number;
}

/**
 * Requires that the term's gradients with respect to the student's outputs (where read), its features and the phase's
 * variables agree with central differences along random directions, and that none of them is zero throughout.
 */
export function assertTermGradient(phase: Phase, batch: DistillationBatch, options: GradientCheckOptions = {}): void {
  const { step = 1e-2, tolerance = 0.02, seed = 11 } = options;
  const { student } = batch;
  const { studentFeatures = [], variables = [] } = phase;
  const inputs: Input[] = [];
  if (phase.readsOutputs) {
    for (const [name, tensor] of Object.entries(student.outputs)) {
      const valueAt = (moved: tf.Tensor) =>
        termValue(phase, { ...batch, student: { ...student, outputs: { ...student.outputs, [name]: moved } } });
      inputs.push({ name, tensor, valueAt });
    }
  }
  for (const name of studentFeatures) {
    const valueAt = (moved: tf.Tensor) =>
      termValue(phase, { ...batch, student: { ...student, features: { ...student.features, [name]: moved } } });
    inputs.push({ name, tensor: student.features[name], valueAt });
  }
  for (const [index, variable] of variables.entries()) {
    const valueAt = (moved: tf.Tensor) => {
      const kept = variable.clone();
      variable.assign(moved);
      const value = termValue(phase, batch);
      variable.assign(kept);
      kept.dispose();
      return value;
    };
    inputs.push({ name: `variable ${index} ${variable.shape}`, tensor: variable, valueAt });
  }
  assert(inputs.length > 0, `the phase ${phase.name} reads nothing of the student`);
  tf.tidy(() => {
    const outputCount = phase.readsOutputs ? Object.keys(student.outputs).length : 0;
    const gradients = tf.grads((...tensors: tf.Tensor[]) => {
      const outputs = outputCount > 0
        ? Object.fromEntries(Object.keys(student.outputs).map((name, index) => [name, tensors[index]]))
        : student.outputs;
      const features = {
        ...student.features,
        ...Object.fromEntries(studentFeatures.map((name, index) => [name, tensors[outputCount + index]])),
      };
      assert(phase.term);
      return phase.term({ ...batch, student: { outputs, features } });
    })(inputs.map(({ tensor }) => tensor));
    for (const [index, { name, tensor, valueAt }] of inputs.entries()) {
      const gradient = gradients[index];
      const norm = tf.norm(gradient).dataSync()[0];
      assert(norm > 0, `the gradient by ${name} is zero`);
      for (let direction = 0; direction < 3; direction++) {
        // Half along the gradient itself: a random direction alone may be nearly flat.
        const random = randomTensor(tensor.shape, hashSeed(seed, index, direction));
        const along = tf.mul(gradient, Math.sqrt(tensor.size) / norm);
        const move = tf.add(random, along);
        const slope = tf.sum(tf.mul(gradient, move)).dataSync()[0];
        const above = valueAt(tf.add(tensor, tf.mul(move, step)));
        const below = valueAt(tf.sub(tensor, tf.mul(move, step)));
        const measured = (above - below) / (2 * step);
        const scale = norm * Math.sqrt(tensor.size);
        assert(
          Math.abs(measured - slope) <= tolerance * scale,
          `${phase.name}, by ${name}: the gradient says ${slope}, differences ${measured} (scale ${scale})`,
        );
      }
    }
  });
}

/** {@linkcode assertTermGradient} of each phase with a term on a random batch; also requires that nothing leaks. */
export async function assertGradients(
  distiller: Distiller,
  context: DistillationContext,
  options: GradientCheckOptions & MadeBatchOptions = {},
): Promise<void> {
  await withDistillation(distiller, context, ({ phases }) => {
    for (const phase of phases) {
      if (!phase.term) continue;
      const batch = madeBatch(context, phase, options);
      assertTermGradient(phase, batch, options);
      disposeBatch(batch);
    }
  });
}
