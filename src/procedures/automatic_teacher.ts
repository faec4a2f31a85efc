// The built-in teacher as procedures train it themselves, where how it was trained matters.
import { hashSeed } from "../data/random.ts";
import type { TrainingData } from "../data/training_data.ts";
import { teacherArchitecture } from "../models/teacher.ts";
import type { Architecture } from "../schemas/architecture.ts";

/** The built-in teacher for the images and classes of `data`. */
export function automaticTeacher({ dataset }: TrainingData): Architecture {
  return teacherArchitecture({ ...dataset, classes: dataset.classNames.length });
}

/**
 * Seed of a network that does not depend on the student: from the data's seed and not from the student's, so that all
 * students of a search meet the same one.
 */
export function sharedSeed({ seed }: TrainingData, ...parts: (string | number)[]): number {
  return hashSeed(seed, ...parts);
}
