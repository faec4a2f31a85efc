// Furlanello et al. 2018, "Born-Again Neural Networks" (1805.04770): each generation has the same architecture and new
// random weights, and learns from the one before it.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { none } from "../distillation/none.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { bornAgainVariants, generationLoss } from "./born_again_losses.ts";
import { meanProbabilities } from "./probabilities.ts";
import { defineProcedure } from "./procedure.ts";
import { teacherOf } from "./remembering_teacher.ts";
import { type ScoredNetwork, stepsOf, type TrainingPart, Trainings } from "./trainings.ts";
import { accuracyOf, percent, validationLabels } from "./validation.ts";

/**
 * Each generation makes the context's epochs, and so does the first network, which learns from the labels; a given
 * teacher takes the place of that one. The last generation is the student; `details.ensembleAccuracy` is that of the
 * mean of all networks' probabilities (the paper's sequence of teaching selves, section 3.2).
 */
export const bornAgain = defineProcedure({
  name: "born-again",
  summary: "generations of one architecture, each taught by the one before",
  paper: "1805.04770",
  tasks: ["classification"],
  options: z.strictObject({
    generations: z.int().min(1).max(10).default(2).describe("students one after the other"),
    variant: z.enum(bornAgainVariants).default("ban").describe(
      "what a generation learns from: ban the teacher alone, labels both in equal parts, cwtm the labels weighted by the " +
        "teacher's confidence, dkpp the teacher with its other classes permuted",
    ),
  }),
  create: ({ generations, variant }) => ({
    needs: ["logits"],
    teachers: { least: 0, most: 1 },
    async run(context) {
      const { architecture, data, seed, teachers } = context;
      const trainings = new Trainings(context, (generations + 1 - teachers.length) * stepsOf(context));
      const networks: ScoredNetwork[] = [];
      const made: Teacher[] = [];
      const train = async (name: string, part: TrainingPart): Promise<Teacher> => {
        const network = await trainings.train(name, architecture, part);
        networks.push(network);
        made.push(teacherOf(network, name, context));
        return made[made.length - 1];
      };
      await disposeAfter({ dispose: () => made.forEach((teacher) => teacher.dispose()) }, async () => {
        let before = teachers.at(0) ?? await train("generation 0", { distiller: none.create({}), seed });
        for (let generation = 1; generation <= generations; generation++) {
          const ownSeed = hashSeed(seed, "generation", generation);
          const { distiller, teacher } = generationLoss(variant, before, ownSeed);
          before = await train(`generation ${generation}`, { distiller, teachers: [teacher], seed: ownSeed });
        }
      });
      const ensemble = meanProbabilities(networks.map(({ logits }) => logits), architecture.classes);
      const ensembleAccuracy = accuracyOf(ensemble, validationLabels(data));
      context.log?.(`ensemble of ${networks.length} networks: ${percent(ensembleAccuracy)}`);
      const { accuracy, weights, loss } = networks[networks.length - 1];
      const accuracies = networks.map(({ accuracy }) => accuracy);
      const details = { accuracy, variant, generations, accuracies, ensembleAccuracy };
      return { architecture, weights, loss, ...trainings.spent, details };
    },
  }),
});
