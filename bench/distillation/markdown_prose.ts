// What is equal for all methods of the comparison, what is not, and what its tables cannot tell.
import type { Recipe } from "./job.ts";
import { withoutRow } from "./rows.ts";
import { control, type Summary } from "./summary.ts";

type Told = Pick<Summary, "settings" | "codes">;

/** Steps of plain training, where it is among the rows. */
function plainStepsOf({ settings }: Told): number | null {
  const plain = settings.flatMap(({ rows }) => rows).filter(({ method }) => method === "none");
  return plain.find(({ steps }) => steps !== null)?.steps ?? null;
}

/** Rows whose steps are no whole number of trainings as plain training is one. */
function unevenOf(told: Told): string[] {
  const plain = plainStepsOf(told);
  if (plain === null) return [];
  const uneven = told.settings.flatMap(({ rows }) => rows).filter(({ steps }) => steps !== null && steps % plain !== 0);
  return [...new Map(uneven.map(({ method, steps }) => [method, `${method} (${steps})`])).values()];
}

/** The sentences on data, numbers and steps. */
export function conditions(recipe: Recipe, told: Told): string {
  const { trainImages, epochs, batchSize, peakLearningRate } = recipe;
  const plain = plainStepsOf(told);
  const uneven = unevenOf(told);
  return [
    `A training has ${epochs} epochs of ${trainImages} images in batches of ${batchSize}` +
    `${
      plain === null ? "" : `, ${plain} steps`
    }, Adam at ${peakLearningRate} on a cosine, images as they are; methods are ` +
    "at their defaults, untuned.",
    "Equal for all methods are the student (before any compression), its labelled images, the teachers to draw from and " +
    "the numbers of one training. Not equal " +
    "is how many trainings a method makes: column `steps` counts those of all its networks (assistants, anchors, peers, " +
    "generations, the student itself). Networks that are kept for later seeds are counted with the seed that trained " +
    `them, and \`s\`, the mean of all seconds of training, is lower for it. Beyond the ${trainImages} images, ` +
    "`noisy-student` learns from the rest of the training part without its labels.",
    ...(uneven.length === 0
      ? []
      : [`Steps that are no whole number of trainings, so of a longer or a shorter one: ${uneven.join(", ")}.`]),
    "Accuracies are on the whole test part, read once per training.",
  ].join(" ");
}

function codeWarning({ codes }: Told): string[] {
  if (codes.length < 2) return [];
  const list = codes.map(({ code, trainings }) => `${code ?? "not recorded"} (${trainings} trainings)`).join(", ");
  return [`**Warning: these results were made with several states of the code: ${list}.**`, ""];
}

/** The paragraphs on intervals and on what is left out. */
export function explanations(recipe: Recipe, told: Told): string[] {
  return [
    ...codeWarning(told),
    `Intervals are 95 % by Student's t, over all settings with the degrees of freedom of Welch and Satterthwaite; ` +
    `differences from \`${control}\` are paired by seed, \`p\` is the paired t-test's, \`Holm\` its value corrected over the ` +
    "methods of the table. Paired means the same seed: methods of one training begin with the same weights of the student " +
    "and see the images in the same order, methods of several trainings draw their own from the seed. A method of which " +
    "a training failed is not tested: what is left of it is a choice.",
    "",
    `All seeds share one split, one set of teachers (${recipe.teacherEpochs} epochs) and the networks that methods keep, ` +
    "so intervals and tests hold for these: they say nothing of other teachers or other data. `teachers` is how many a " +
    "method is given. † marks compressed networks, of fewer bits or weights than all others: their accuracy is not to be " +
    "read alone.",
    "",
    `Without a row, since their student is that of another one: ${
      withoutRow.map(({ method, reason }) => `\`${method}\` (${reason})`).join("; ")
    }.`,
    "",
  ];
}
