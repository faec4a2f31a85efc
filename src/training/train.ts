// A whole training of one student by one method: its phases in turn, on one set of weights.
import { hashSeed } from "../data/random.ts";
import { batchesPerEpoch, trainingBatches, type TrainingBatchesOptions } from "../data/training_batches.ts";
import type { Distiller, Phase } from "../distillation/distiller.ts";
import { tapsOf } from "../distillation/taps.ts";
import type { Engine, NetworkOptions, Weights } from "../engine/network.ts";
import { initialiseWeights } from "../models/weights.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { methodsFor, type MethodTable } from "../teachers/methods_for.ts";
import { requireViews } from "../teachers/require_views.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { trainingLogits } from "../teachers/training_logits.ts";
import { disposeAfter } from "./dispose_after.ts";
import { createDistillationLoss, type PhaseBatch, portsOf } from "./distillation_loss.ts";
import type { ParameterRule } from "./parameter_rule.ts";
import { buildStudent, type Student } from "./student.ts";
import { startTensors } from "./start_tensors.ts";
import { trainSteps } from "./train_steps.ts";

export interface TrainOptions extends Omit<TrainingBatchesOptions, "seed"> {
  engine: Engine;
  distiller: Distiller;
  teachers?: readonly Teacher[];
  /** Of weights, noise and order. */
  seed: number;
  peakLearningRate: number;
  optimizer?: NetworkOptions["optimizer"];
  weightBits?: number;
  /** Weights to start from in place of those of the seed. */
  weights?: Weights;
  /** Makes what trains in place of the network's optimizer; called once per phase. */
  rule?: (student: Student) => ParameterRule | Promise<ParameterRule>;
  signal?: AbortSignal;
  onStep?: (step: number, steps: number) => void;
  /** Called once as many steps are done as an epoch has, counted over all phases, with a reader of the weights. */
  onEpoch?: (epoch: number, weights: () => Promise<Weights>) => void | Promise<void>;
}

export interface Trained {
  weights: Weights;
  steps: number;
  seconds: number;
  /** Mean over the steps of the last epoch. */
  loss: number;
}

/**
 * Throws a RangeError of one line where `teachers` cannot give what `distiller` needs. It names what of `table`, by default
 * the losses, a teacher would do for.
 */
export function requireTeachers(
  distiller: Pick<Distiller, "name" | "needs" | "firstNeeds" | "teachers">,
  teachers: readonly Pick<Teacher, "gives" | "name">[],
  table?: MethodTable,
): void {
  const { least, most } = distiller.teachers;
  if (teachers.length < least || teachers.length > most) {
    const allowed = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    throw new RangeError(
      `${distiller.name} takes ${allowed} teacher${allowed === "1" ? "" : "s"}, got ${teachers.length}`,
    );
  }
  for (const [index, teacher] of teachers.entries()) {
    const needs = [...new Set([...distiller.needs, ...(index === 0 ? distiller.firstNeeds ?? [] : [])])];
    const missing = needs.filter((need) => !teacher.gives.includes(need));
    if (missing.length === 0) continue;
    throw new RangeError(
      `${distiller.name} needs ${missing.join(" and ")} of its teacher, but ${teacher.name} gives ` +
        `${teacher.gives.join(", ")} only; methods that work with it: ${
          methodsFor(teacher.gives, { table }).join(", ") || "none"
        }`,
    );
  }
}

/** Steps that {@linkcode train} will take. */
export function countSteps(options: { trainImages: number; epochs: number; batchSize: number }): number {
  return options.epochs * batchesPerEpoch(options);
}

/** Steps of each phase, which sum up to `steps`. */
export function phaseSteps(phases: readonly Phase[], steps: number): number[] {
  let share = 0;
  let before = 0;
  return phases.map((phase, index) => {
    share += phase.share;
    const end = index === phases.length - 1 ? steps : Math.round(share * steps);
    const count = end - before;
    before = end;
    return count;
  });
}

/** Which nodes a phase trains; undefined: all. RangeError where the network lacks the tap that bounds them. */
export function trainableOf(
  architecture: Architecture,
  { trainedUpTo, trainedAfter }: Phase,
): ((node: number) => boolean) | undefined {
  if (trainedUpTo === undefined && trainedAfter === undefined) return undefined;
  const place = (tap: string) => {
    const index = architecture.nodes.findIndex((node) => node.tap === tap.split(":")[0]);
    if (index < 0) throw new RangeError(`no tap "${tap}" to train up to or after`);
    return index;
  };
  const last = trainedUpTo === undefined ? Infinity : place(trainedUpTo);
  const first = trainedAfter === undefined ? 0 : place(trainedAfter) + 1;
  return (node) => node >= first && node <= last;
}

function wantsImageGradient({ imageGradientWeight = 0 }: Phase): boolean {
  return imageGradientWeight > 0;
}

/** Batches with what the teachers say of them. */
async function* taughtBatches(
  options: TrainingBatchesOptions,
  phase: Phase,
  teachers: readonly Teacher[],
): AsyncGenerator<PhaseBatch, undefined> {
  const imageGradient = wantsImageGradient(phase);
  for await (const batch of trainingBatches(options)) {
    const answers = [];
    for (const [index, teacher] of teachers.entries()) {
      answers.push(await teacher.outputs({ ...batch, features: phase.teacherFeatures?.[index] ?? [], imageGradient }));
    }
    yield { ...batch, teachers: answers };
  }
}

/**
 * Trains `architecture` by `distiller` and gives its weights. Throws a RangeError where teachers or taps do not suit the
 * method, a DivergedError where the loss is not finite, the signal's reason where aborted, a DeviceLostError where the
 * engine's device is gone. Teachers and engine stay the caller's.
 */
export async function train(architecture: Architecture, options: TrainOptions): Promise<Trained> {
  const { data, distiller, engine, seed, teachers = [] } = options;
  requireTeachers(distiller, teachers);
  requireViews(teachers, options);
  const trainImages = Math.min(options.trainImages, data.train.length);
  const batchSize = Math.min(options.batchSize, trainImages);
  const batchOptions: TrainingBatchesOptions = { ...options, trainImages, batchSize, seed };
  if (!distiller.withoutTensors) await startTensors(engine);
  const distillation = await distiller.prepare({
    task: "classification",
    student: tapsOf(architecture),
    teachers: teachers.map(({ taps }) => taps),
    batchSize,
    trainImages,
    labels: Array.from(data.train.subarray(0, trainImages), (index) => data.dataset.train.labels[index]),
    seed: hashSeed(seed, "distillation"),
    trainingOutputs: (teacher) => trainingLogits(teachers[teacher], batchOptions),
  });
  return await disposeAfter(distillation, async () => {
    const { phases } = distillation;
    const total = countSteps(batchOptions);
    const stepsOf = phaseSteps(phases, total);
    let weights = options.weights ?? initialiseWeights(architecture, seed);
    const result = { steps: 0, seconds: 0, loss: NaN };
    for (const [index, phase] of phases.entries()) {
      const steps = stepsOf[index];
      if (steps === 0) continue;
      const ports = portsOf(phase);
      const student = await buildStudent(architecture, {
        backend: engine,
        batchSize,
        seed: index === 0 ? seed : hashSeed(seed, "phase", index),
        weights,
        features: phase.studentFeatures,
        gradients: ports,
        imageGradient: wantsImageGradient(phase),
        trainable: trainableOf(architecture, phase),
        optimizer: options.optimizer,
        weightBits: options.weightBits,
      });
      weights = await disposeAfter(student, async () => {
        const usesTeachers = phase.term !== undefined || wantsImageGradient(phase) ||
          (phase.softTargets && phase.softTargets.alpha < 1);
        // Before the loss, which would be left behind where the rule refuses.
        const rule = await options.rule?.(student);
        const trained = await trainSteps(student, {
          batches: taughtBatches(
            { ...batchOptions, epochs: Infinity, seed: hashSeed(seed, "batches", ...(index > 0 ? [index] : [])) },
            phase,
            usesTeachers ? teachers : [],
          ),
          steps,
          loss: await createDistillationLoss(student, phase, teachers),
          peakLearningRate: options.peakLearningRate,
          rule,
          signal: options.signal,
          onStep: (step) => options.onStep?.(result.steps + step, total),
          async afterStep(step) {
            const done = (result.steps + step) / batchesPerEpoch(batchOptions);
            if (Number.isInteger(done)) await options.onEpoch?.(done - 1, () => student.weights());
          },
        });
        result.steps += trained.steps;
        result.seconds += trained.seconds;
        result.loss = trained.loss;
        return await student.weights();
      });
    }
    return { weights, ...result };
  });
}
