// Apprentice: Mishra & Marr 2017, "Apprentice: Using Knowledge Distillation Techniques To Improve Low-Precision Network
// Accuracy" (1711.05852). L = alpha * CE(y, p_T) + beta * CE(y, p_A) + gamma * CE(p_T, p_A), the apprentice p_A in few
// bits. Its 8-bit activations are left out: the engines have no op that rounds them.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { trainingBatches } from "../data/training_batches.ts";
import { kd, temperatureOption } from "../distillation/kd.ts";
import type { Weights } from "../engine/network.ts";
import { teacherArchitecture } from "../models/teacher.ts";
import { quantisedSize, type QuantisedTensor } from "../quantisation/size.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { buildStudent } from "../training/student.ts";
import { trainSteps } from "../training/train_steps.ts";
import { jointLoss } from "./apprentice_joint.ts";
import { type ApprenticeRule, apprenticeRule } from "./apprentice_rule.ts";
import { splitEpochs } from "./kd_or_labels.ts";
import { defineProcedure, type ProcedureContext } from "./procedure.ts";
import { countNumbers, skipEndsOption } from "./quantized.ts";
import { stepsOf, Trainings } from "./trainings.ts";

const optionsSchema = z.strictObject({
  scheme: z.enum(["A", "B", "C"]).default("C").describe(
    "A: the teacher learns at the same time, B: from a trained teacher, C: as B, from trained full-precision weights",
  ),
  bits: z.int().min(2).max(8).default(2).describe("bits of a weight; 2 are ternary"),
  alpha: z.number().min(0).max(100).default(1).describe("A: weight of the labels in the teacher's loss"),
  beta: z.number().min(0).max(100).default(0.5).describe("weight of the labels in the apprentice's loss"),
  gamma: z.number().min(0).max(100).default(0.5).describe("weight of the teacher in the apprentice's loss"),
  temperature: temperatureOption.default(1),
  gammaTrainsTeacher: z.boolean().default(false).describe("A: the third term's gradient reaches the teacher, too"),
  teacher: z.enum(["larger", "same"]).default("larger").describe(
    "A: the built-in teacher's network, or the apprentice's own in full precision",
  ),
  skipEnds: skipEndsOption.default(true),
  secondShare: z.number().gt(0).lt(1).default(0.5).describe("C: share of the epochs in low precision"),
  fineTuneRate: z.number().positive().max(1).default(1).describe(
    "C: share of the peak learning rate then; the paper's low one is for long trainings",
  ),
}).refine(({ beta, gamma }) => beta + gamma > 0, { error: "beta and gamma cannot both be 0" });

type ApprenticeOptions = z.output<typeof optionsSchema>;

interface Apprentice {
  weights: Weights;
  loss: number;
  accuracy: number;
  tensors: QuantisedTensor[];
  details: Record<string, unknown>;
}

/** Both networks from scratch. */
async function trainJointly(
  context: ProcedureContext,
  options: ApprenticeOptions,
  trainings: Trainings,
): Promise<Apprentice> {
  const { architecture, data, engine, peakLearningRate, seed, signal, views } = context;
  const { height, width, channels } = architecture.input;
  const trainImages = Math.min(context.trainImages, data.train.length);
  const batchSize = Math.min(context.batchSize, trainImages);
  const common = { backend: engine, batchSize, gradients: ["logits"] };
  const apprentice = await buildStudent(architecture, { ...common, seed });
  return await disposeAfter(apprentice, async () => {
    const teacher = await buildStudent(
      options.teacher === "same"
        ? architecture
        : teacherArchitecture({ height, width, channels, classes: architecture.classes }),
      { ...common, seed: hashSeed(seed, "teacher") },
    );
    return await disposeAfter(teacher, async () => {
      const rule = await apprenticeRule(apprentice.network, architecture, options);
      const batchSeed = hashSeed(seed, "batches");
      const trained = await trainSteps(apprentice, {
        batches: trainingBatches({ data, trainImages, batchSize, views, epochs: Infinity, seed: batchSeed }),
        steps: stepsOf(context),
        loss: await jointLoss(apprentice, teacher, options),
        peakLearningRate,
        rule,
        signal,
        onStep: (step) => trainings.tell(step),
      });
      trainings.count(trained);
      const { accuracy: teacherAccuracy } = await trainings.score(
        "teacher",
        teacher.architecture,
        await teacher.weights(),
      );
      const weights = await apprentice.weights();
      const { accuracy } = await trainings.score(`${options.bits}-bit apprentice`, architecture, weights);
      return {
        weights,
        accuracy,
        loss: trained.loss,
        tensors: rule.tensors(),
        details: { teacherAccuracy, gammaTrainsTeacher: options.gammaTrainsTeacher },
      };
    });
  });
}

/** The apprentice after a trained teacher, whose gradient nobody takes. */
async function trainAfterTeacher(
  context: ProcedureContext,
  options: ApprenticeOptions,
  trainings: Trainings,
): Promise<Apprentice> {
  const { scheme, temperature, beta, gamma } = options;
  const { architecture, seed, teachers } = context;
  // beta and gamma up to a factor, to which the optimizer is blind.
  const distiller = kd.create({ temperature, alpha: beta / (beta + gamma) });
  const [first, second] = scheme === "C" ? splitEpochs(context.epochs, options.secondShare) : [0, context.epochs];
  const details: Record<string, unknown> = {};
  let start: Weights | undefined;
  if (scheme === "C") {
    const full = await trainings.train("in full precision", architecture, { distiller, teachers, seed, epochs: first });
    start = full.weights;
    details.fullPrecisionAccuracy = full.accuracy;
  }
  const rules: ApprenticeRule[] = [];
  const trained = await trainings.train(`${options.bits}-bit apprentice`, architecture, {
    distiller,
    teachers,
    epochs: second,
    seed,
    ...(start && {
      weights: start,
      seed: hashSeed(seed, "apprentice"),
      peakLearningRate: context.peakLearningRate * options.fineTuneRate,
    }),
    async rule({ network }) {
      rules.push(await apprenticeRule(network, architecture, options));
      return rules[0];
    },
  });
  const { weights, loss, accuracy } = trained;
  return { weights, loss, accuracy, tensors: rules[0].tensors(), details };
}

export const apprentice = defineProcedure({
  name: "apprentice",
  summary: "a student in few bits learns from a teacher in full precision, schemes A, B, C",
  paper: "1711.05852",
  tasks: ["classification"],
  options: optionsSchema,
  create: (options) => ({
    needs: options.scheme === "A" ? [] : ["logits"],
    teachers: options.scheme === "A" ? { least: 0, most: 0 } : { least: 1, most: 1 },
    async run(context) {
      const { scheme, bits } = options;
      const { architecture, epochs } = context;
      const totalEpochs = scheme === "C" ? splitEpochs(epochs, options.secondShare).reduce((a, b) => a + b) : epochs;
      const trainings = new Trainings(context, stepsOf(context, totalEpochs));
      const trained = await (scheme === "A" ? trainJointly : trainAfterTeacher)(context, options, trainings);
      const { weights, tensors } = trained;
      return {
        architecture,
        weights,
        ...trainings.spent,
        loss: trained.loss,
        details: {
          scheme,
          bits,
          ...trained.details,
          accuracy: trained.accuracy,
          ...quantisedSize(countNumbers(weights), tensors),
        },
      };
    },
  }),
});
