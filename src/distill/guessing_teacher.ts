// A teacher that guesses is most often one that is shown other images, or asked for other classes, than it was trained on.
import type { TrainingData } from "../data/training_data.ts";
import { percent, validationLabels } from "../procedures/validation.ts";

/** Accuracy on the validation images of whoever always names the most frequent class. */
function chanceOf(data: TrainingData): number {
  const counts = new Map<number, number>();
  const labels = validationLabels(data);
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/**
 * A line about a teacher of the user's that is hardly better than chance on the validation images: not twice as good, and
 * not a tenth of the way to all of them. Undefined where it is better, or was not scored.
 */
export function guessWarning(
  { accuracy, name }: { accuracy?: number; name: string },
  data: TrainingData,
): string | undefined {
  if (accuracy === undefined) return undefined;
  const chance = chanceOf(data);
  if (accuracy >= Math.min(2 * chance, chance + 0.1 * (1 - chance))) return undefined;
  const how = accuracy > chance ? "hardly" : "no";
  return `Warning: the teacher ${name} scores ${percent(accuracy)} on validation, ${how} better than chance, ` +
    `${percent(chance)}: are --teacher-normalisation and --teacher-classes right?`;
}
