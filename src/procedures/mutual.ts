// Zhang et al. 2017, "Deep Mutual Learning" (1706.00384): networks without a teacher that learn from the labels and
// from each other, all at once.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { trainingBatches } from "../data/training_batches.ts";
import type { Weights } from "../engine/network.ts";
import { initialiseWeights } from "../models/weights.ts";
import { buildStudent, type Student } from "../training/student.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { DivergedError } from "../training/train_steps.ts";
import { automaticTeacher } from "./automatic_teacher.ts";
import { mutualTargets } from "./mutual_loss.ts";
import { mutualSteps } from "./mutual_steps.ts";
import { meanProbabilities } from "./probabilities.ts";
import { defineProcedure } from "./procedure.ts";
import { stepsOf, Trainings } from "./trainings.ts";
import { accuracyOf, percent, validationLabels } from "./validation.ts";

function requireFinite({ parameters, statistics }: Weights, network: number): void {
  const finite = [parameters, statistics].every((values) => values.every((value) => Number.isFinite(value)));
  if (!finite) throw new DivergedError(`a weight of network ${network} is not finite after the last step`);
}

/**
 * Each of the K networks makes the context's epochs, on the same batches: K trainings, and K - 1 more forward passes
 * per step. The first network is the student; its start and its batches are those of a plain training of the same seed.
 */
export const mutual = defineProcedure({
  name: "mutual",
  summary: "networks that learn from each other, without a teacher",
  paper: "1706.00384",
  tasks: ["classification"],
  options: z.strictObject({
    networks: z.int().min(2).max(8).default(2).describe("networks that learn together, the student among them"),
    peers: z.enum(["student", "teacher"]).default("student").describe(
      "architecture of the others: the student's, or the built-in teacher's",
    ),
    target: z.enum(mutualTargets).default("peers").describe(
      "what a network learns from beside the labels: each of its peers, or the mean of all, itself included",
    ),
    weight: z.number().min(0).max(1000).default(1).describe("weight of the divergence beside the labels"),
  }),
  create: ({ networks, peers, target, weight }) => ({
    needs: [],
    teachers: { least: 0, most: 0 },
    async run(context) {
      const { architecture, data, engine, seed, signal } = context;
      const trainImages = Math.min(context.trainImages, data.train.length);
      const batchSize = Math.min(context.batchSize, trainImages);
      const steps = stepsOf(context);
      const trainings = new Trainings(context, networks * steps);
      const students: Student[] = [];
      const group = { dispose: () => students.forEach((student) => student.dispose()) };
      return await disposeAfter(group, async () => {
        for (let index = 0; index < networks; index++) {
          const own = index > 0 && peers === "teacher" ? automaticTeacher(data) : architecture;
          const ownSeed = index === 0 ? seed : hashSeed(seed, "network", index);
          students.push(
            await buildStudent(own, {
              backend: engine,
              batchSize,
              seed: ownSeed,
              weights: initialiseWeights(own, ownSeed),
            }),
          );
        }
        const start = performance.now();
        const losses = await mutualSteps(students, {
          batches: trainingBatches({
            data,
            trainImages,
            batchSize,
            epochs: context.epochs,
            views: context.views,
            seed: hashSeed(seed, "batches"),
          }),
          steps,
          peakLearningRate: context.peakLearningRate,
          signal,
          target,
          weight,
          onStep: (step) => trainings.tell(networks * step),
        });
        trainings.count({ steps: networks * steps, seconds: (performance.now() - start) / 1000 });
        const scored = [];
        const weights = await Promise.all(students.map((student) => student.weights()));
        for (const [index, student] of students.entries()) {
          requireFinite(weights[index], index + 1);
          const label = `network ${index + 1} of ${networks}`;
          scored.push(await trainings.score(label, student.architecture, weights[index]));
        }
        const accuracies = scored.map(({ accuracy }) => accuracy);
        const ensemble = meanProbabilities(scored.map(({ logits }) => logits), architecture.classes);
        const ensembleAccuracy = accuracyOf(ensemble, validationLabels(data));
        context.log?.(`ensemble of ${networks} networks: ${percent(ensembleAccuracy)}`);
        const details = { accuracy: accuracies[0], accuracies, ensembleAccuracy, networks, peers, target };
        return { architecture, weights: weights[0], loss: losses[0], ...trainings.spent, details };
      });
    },
  }),
});
