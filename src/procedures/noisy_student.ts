// Noisy Student: Xie, Luong, Hovy & Le 2019, "Self-training with Noisy Student improves ImageNet classification"
// (1911.04252). A teacher labels images as they are; a student of at least its size learns from them and from the
// labelled ones under noise, and becomes the next teacher. Optimizer and schedule are those of all trainings here, not
// the paper's RMSprop and averages.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { none } from "../distillation/none.ts";
import { scaleWidth } from "../models/width.ts";
import { countParameters } from "../ops/layout.ts";
import { networkTeacher } from "../teachers/network_teacher.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { requireRendering, type TargetSet } from "./noisy_student/noisy_batches.ts";
import { fixResDistiller, sizeOfShare, trainNoisily } from "./noisy_student/noisy_training.ts";
import { balance, confidentRows, smoothedTarget } from "./noisy_student/pseudo_labels.ts";
import { labelImages, type UnlabelledImages, unlabelledImages } from "./noisy_student/unlabelled_images.ts";
import { defineProcedure, type ProcedureContext } from "./procedure.ts";
import { type ScoredNetwork, stepsOf, Trainings } from "./trainings.ts";

const optionsSchema = z.strictObject({
  iterations: z.int().min(1).max(20).default(2).describe("students one after the other, each the next one's teacher"),
  growth: z.number().min(1).max(4).default(1.25).describe(
    "width of each student over the one before; the last is yours",
  ),
  threshold: z.number().min(0).max(2).default(0.3).describe(
    "least confidence of a pseudo-label; above 1 none is taken",
  ),
  balanced: z.boolean().default(true).describe("as many pseudo-labels of each class"),
  perClass: z.int().min(0).default(0).describe("balanced: how many; 0: as many as there are on average"),
  labels: z.enum(["soft", "hard"]).default("soft").describe("learn the teacher's probabilities or its choice"),
  ratio: z.number().min(0).max(64).default(1).describe("unlabelled images for each labelled one, and their weight"),
  labelSmoothing: z.number().min(0).lt(1).default(0.1).describe("of the labelled images' labels"),
  operations: z.int().min(0).max(14).default(2).describe("RandAugment: changes of each image"),
  magnitude: z.number().min(0).max(30).default(9).describe(
    "RandAugment: their strength; the paper's 27 is for large networks and hundreds of epochs",
  ),
  dropout: z.number().min(0).lt(1).default(0.2).describe(
    "before the classifier; the paper's 0.5 is for large networks",
  ),
  survival: z.number().gt(0).max(1).default(0.8).describe(
    "stochastic depth: share of images that keep the last branch",
  ),
  trainSize: z.number().min(0.25).max(1).default(1).describe(
    "size of the images under noise, over their own: below 1 for FixRes, which gains where images are large",
  ),
  fixResEpochs: z.int().min(0).max(1000).default(1).describe(
    "trainSize below 1: how many of the epochs are at full size after that, on labelled images as they are, the first " +
      "layers left alone",
  ),
  fixResRate: z.number().positive().max(1).default(0.1).describe("share of the peak learning rate then"),
});

export type NoisyStudentOptions = z.output<typeof optionsSchema>;

/**
 * Epochs of a student under noise and at full size, the context's in all. At one size there is nothing for FixRes to mend.
 * RangeError where no epoch is left for the noise.
 */
export function studentEpochs(
  { epochs }: Pick<ProcedureContext, "epochs">,
  { fixResEpochs, trainSize }: Pick<NoisyStudentOptions, "fixResEpochs" | "trainSize">,
): { noisy: number; fixRes: number } {
  if (trainSize === 1) return { noisy: epochs, fixRes: 0 };
  if (fixResEpochs < epochs) return { noisy: epochs - fixResEpochs, fixRes: fixResEpochs };
  throw new RangeError(
    `noisy-student takes fixResEpochs out of the epochs: ${fixResEpochs} of ${epochs} leave none for the training under noise`,
  );
}

/** The labelled images with smoothed labels. */
export function labelledTargets({ data, trainImages }: ProcedureContext, smoothing: number): TargetSet {
  const { dataset } = data;
  const classes = dataset.classNames.length;
  const indices = data.train.slice(0, trainImages);
  const targets = new Float32Array(indices.length * classes);
  for (const [row, index] of indices.entries()) {
    smoothedTarget(dataset.train.labels[index], smoothing, targets.subarray(row * classes, (row + 1) * classes));
  }
  return { set: dataset.train, indices, targets };
}

/** The unlabelled images that are learned from, after filter and balance, with their targets. */
export function pseudoTargets(
  { set, indices }: UnlabelledImages,
  probabilities: Float32Array,
  options: Pick<NoisyStudentOptions, "threshold" | "balanced" | "perClass" | "labels">,
): TargetSet & { kept: number } {
  const classes = probabilities.length / indices.length;
  const confident = confidentRows(probabilities, classes, options.threshold);
  const perClass = options.perClass || Math.max(1, Math.round(confident.length / classes));
  const chosen = options.balanced ? balance(confident, classes, perClass) : confident;
  const targets = new Float32Array(chosen.length * classes);
  for (const [place, { row, label }] of chosen.entries()) {
    if (options.labels === "hard") targets[place * classes + label] = 1;
    else targets.set(probabilities.subarray(row * classes, (row + 1) * classes), place * classes);
  }
  return { set, indices: Uint32Array.from(chosen, ({ row }) => indices[row]), targets, kept: confident.length };
}

/** The students' teacher out of `network`, for as long as its engine runs. */
function teacherOf({ architecture, weights }: ScoredNetwork | TrainedStudent, context: ProcedureContext): Teacher {
  const { engine, batchSize } = context;
  return networkTeacher({ name: "the last student", architecture, weights, engine, batchSize });
}

type TrainedStudent = Pick<ScoredNetwork, "architecture" | "weights" | "loss" | "accuracy">;

/** One student after `teacher`. */
async function trainStudent(
  context: ProcedureContext,
  trainings: Trainings,
  options: NoisyStudentOptions,
  { teacher, iteration }: { teacher: Teacher; iteration: number },
): Promise<TrainedStudent & { kept: number; used: number }> {
  const { iterations, growth, trainSize, ratio, operations, magnitude, dropout, survival } = options;
  const architecture = scaleWidth(context.architecture, growth ** (iteration - iterations));
  const images = unlabelledImages(context);
  const pseudo = pseudoTargets(images, await labelImages(teacher, context, images), options);
  const seed = hashSeed(context.seed, "noisy student", iteration);
  const epochs = studentEpochs(context, options);
  const name = `student ${iteration} of ${iterations}`;
  context.log?.(`${name}: ${pseudo.kept} of ${images.indices.length} images labelled with confidence`);
  const noisy = await trainNoisily(architecture, context, trainings, {
    labelled: labelledTargets(context, options.labelSmoothing),
    unlabelled: pseudo,
    // Without a single pseudo-label the labelled images are all there is.
    ratio: pseudo.indices.length > 0 ? ratio : 0,
    augmentation: { operations, magnitude },
    noise: { dropout, survival },
    trainSize,
    epochs: epochs.noisy,
    seed,
  });
  const counts = { kept: pseudo.kept, used: pseudo.indices.length };
  if (epochs.fixRes === 0) {
    return { architecture, ...noisy, ...await trainings.score(name, architecture, noisy.weights), ...counts };
  }
  const fixed = await trainings.train(name, architecture, {
    distiller: fixResDistiller(),
    weights: noisy.weights,
    epochs: epochs.fixRes,
    seed: hashSeed(seed, "fix-res"),
    peakLearningRate: context.peakLearningRate * options.fixResRate,
  });
  return { ...fixed, ...counts };
}

/**
 * Takes a teacher that is given as the first one; without, one is trained on the labels first, the smallest network.
 */
export const noisyStudent = defineProcedure({
  name: "noisy-student",
  summary: "a teacher labels images, students as large or larger learn from them under noise",
  paper: "1911.04252",
  tasks: ["classification"],
  options: optionsSchema,
  create: (options) => ({
    needs: ["logits"],
    teachers: { least: 0, most: 1 },
    usesUnlabelled: true,
    async run(given) {
      const { iterations, growth } = options;
      const context = { ...given, trainImages: Math.min(given.trainImages, given.data.train.length) };
      unlabelledImages(context);
      const [teacher] = context.teachers;
      studentEpochs(context, options);
      requireRendering({ data: context.data, size: sizeOfShare(context.architecture.input, options.trainSize) });
      const trainings = new Trainings(context, (iterations + (teacher ? 0 : 1)) * stepsOf(context));
      const first = teacher ? undefined : await trainings.train(
        "first teacher",
        scaleWidth(context.architecture, growth ** -iterations),
        { distiller: none.create({}), seed: hashSeed(context.seed, "first teacher") },
      );
      const students: (TrainedStudent & { kept: number; used: number })[] = [];
      for (let iteration = 1; iteration <= iterations; iteration++) {
        const before = students.at(-1) ?? first;
        // A teacher that was given stays its owner's.
        const current = before ? teacherOf(before, context) : teacher;
        try {
          students.push(await trainStudent(context, trainings, options, { teacher: current, iteration }));
        } finally {
          if (before) current.dispose();
        }
      }
      const { architecture, weights, loss } = students[iterations - 1];
      return {
        architecture,
        weights,
        ...trainings.spent,
        loss,
        details: {
          firstTeacherAccuracy: first?.accuracy ?? null,
          students: students.map(({ architecture, accuracy, kept, used }) => ({
            parameters: countParameters(architecture),
            accuracy,
            confidentImages: kept,
            pseudoLabels: used,
          })),
        },
      };
    },
  }),
});
