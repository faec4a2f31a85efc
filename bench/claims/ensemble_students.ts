// One fixed student, taught by one to five teachers by their mean or by an oracle, on easy and hard data.
import { hashSeed } from "../../src/data/random.ts";
import { architectureHash } from "../../src/schemas/architecture.ts";
import { createSpace } from "../../src/spaces/table.ts";
import { finalTraining } from "./arms.ts";
import type { BlockContext } from "./claim.ts";
import { allCorrectShare, ensembleAccuracy } from "./ensemble.ts";
import type { Variant } from "./job.ts";
import { kdOptions, temperature } from "./recipe.ts";
import { settleAll } from "./search_arm.ts";
import { teacherRequest } from "./teachers.ts";

/** Teachers of the largest ensemble. */
export const most = 5;
// Labels have a tenth of the weight beside the average; the oracle falls back to them by itself.
const methods = {
  average: { method: "multi-teacher", options: kdOptions },
  oracle: { method: "oracle", options: { temperature } },
} as const;
type MethodName = keyof typeof methods;

export interface Condition {
  name: string;
  variant: Variant;
  /** Of teachers and student; without it those of the recipe. */
  trainImages?: number;
  members: readonly number[];
  /** What the oracle's advantage is compared with: the condition that differs in the difficulty alone. */
  easier?: string;
}

export const conditions: readonly Condition[] = [
  { name: "whole", variant: { name: "whole" }, members: [1, 2, 3, 4, 5] },
  { name: "a quarter of the images", variant: { name: "whole" }, trainImages: 12_288, members: [most] },
  {
    name: "as many, noisy labels",
    variant: { name: "noisy-labels", share: 0.3 },
    trainImages: 12_288,
    members: [most],
    easier: "a quarter of the images",
  },
  { name: "few images", variant: { name: "whole" }, trainImages: 2048, members: [most], easier: "whole" },
];

/** What came of a condition with one seed. */
export interface Row {
  condition: string;
  members: number;
  /** Test accuracies. */
  ensemble: number;
  /** Share of the test images that all teachers are right about. */
  allCorrect: number;
  student: Record<MethodName, number>;
}

/** Test accuracy of the fixed student, half as wide as the reference, and of its teachers together. */
export async function teachFixedStudent(context: BlockContext, condition: Condition, members: number): Promise<Row> {
  const { dataset, lab } = context;
  const student = createSpace("mnas", await lab.io(dataset)).reference(0.5);
  const teachers = await settleAll(Array.from({ length: members }, (_, index) =>
    teacherRequest(lab, {
      family: "residual",
      index,
      dataset,
      variant: condition.variant,
      ...(condition.trainImages !== undefined && { trainImages: condition.trainImages }),
    })));
  const seed = hashSeed("ensembles", context.seed, architectureHash(student));
  const [taught, logits] = await Promise.all([
    settleAll(
      Object.values(methods).map(async (method) => {
        const whole = finalTraining(context, student, { seed, teaching: { ...method, teachers } });
        const trainImages = condition.trainImages ?? whole.numbers.trainImages;
        // Few images are seen more often, for as many steps.
        const epochs = Math.round(whole.numbers.epochs * whole.numbers.trainImages / trainImages);
        const outcome = await lab.train({
          ...whole,
          variant: condition.variant,
          numbers: { ...whole.numbers, trainImages, epochs },
        });
        return outcome.diverged === undefined ? outcome.testAccuracy ?? 0 : 0.1;
      }),
    ),
    settleAll(teachers.map(async (teacher) => {
      const outcome = await lab.train(teacher);
      if (outcome.diverged !== undefined || outcome.logits === undefined) throw new Error("a teacher was not trained");
      return new Float32Array((await Deno.readFile(outcome.logits)).buffer);
    })),
  ]);
  const [average, oracle] = taught;
  const labels = await lab.testLabels(dataset);
  return {
    condition: condition.name,
    members,
    ensemble: ensembleAccuracy(logits, labels),
    allCorrect: allCorrectShare(logits, labels),
    student: { average, oracle },
  };
}
