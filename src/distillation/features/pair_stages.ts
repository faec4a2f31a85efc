// Which stage of the student learns from which of the teacher: found from the shapes, so that any two networks meet.
import type { DistillationContext } from "../distiller.ts";
import type { StageTap } from "../taps.ts";

/** Two stages to be compared. */
export interface StagePair {
  student: StageTap;
  teacher: StageTap;
  /** The smaller height and width of the two: features are compared at this size. */
  size: readonly [height: number, width: number];
}

export interface PairOptions {
  /** Stages of fewer pixels are left out; 2 for losses that compare the pixels of an image with each other. Default 1. */
  leastPixels?: number;
  /** RangeError where there are fewer pairs. Default 1. */
  leastPairs?: number;
}

/** How far apart two stages are in size: 1 for twice the height and width. */
function distance({ shape: [height, width] }: StageTap, { shape: [otherHeight, otherWidth] }: StageTap): number {
  return Math.abs(Math.log2(height * width / (otherHeight * otherWidth))) / 2;
}

/**
 * As many pairs as the network with fewer stages has. Both orders are kept, the sizes are as near as they can be in sum, and
 * of equally near stages the later ones are taken. RangeError where a network has too few stages.
 */
export function pairStages(
  student: readonly StageTap[],
  teacher: readonly StageTap[],
  { leastPixels = 1, leastPairs = 1 }: PairOptions = {},
): StagePair[] {
  const usable = (stages: readonly StageTap[], whose: string) => {
    const found = stages.filter(({ shape: [height, width] }) => height * width >= leastPixels);
    if (found.length >= leastPairs) return found;
    const size = leastPixels > 1 ? ` of at least ${leastPixels} pixels` : "";
    const count = leastPairs === 1 ? "a stage" : `at least ${leastPairs} stages`;
    const sizes = stages.map(({ name, shape }) => `${name} ${shape.join("x")}`).join(", ") || "none";
    throw new RangeError(`the ${whose} must have ${count}${size} to compare, but has ${sizes}`);
  };
  const students = usable(student, "student");
  const teachers = usable(teacher, "teacher");
  const swapped = teachers.length > students.length;
  const [few, many] = swapped ? [students, teachers] : [teachers, students];
  // costs[i][j]: the least sum of distances of the first i of `few` with i of the first j of `many`.
  const costs = few.reduce<number[][]>((rows, stage) => {
    const row = [Infinity];
    many.forEach((other, index) =>
      row.push(Math.min(row[index], rows[rows.length - 1][index] + distance(stage, other)))
    );
    return [...rows, row];
  }, [new Array(many.length + 1).fill(0)]);
  const pairs: StagePair[] = [];
  for (let i = few.length, j = many.length; i > 0; i--) {
    // The last one that is part of a best matching.
    while (costs[i - 1][j - 1] + distance(few[i - 1], many[j - 1]) > costs[i][j]) j--;
    j--;
    const [ofStudent, ofTeacher] = swapped ? [few[i - 1], many[j]] : [many[j], few[i - 1]];
    pairs.unshift({
      student: ofStudent,
      teacher: ofTeacher,
      size: [
        Math.min(ofStudent.shape[0], ofTeacher.shape[0]),
        Math.min(ofStudent.shape[1], ofTeacher.shape[1]),
      ],
    });
  }
  return pairs;
}

/** {@linkcode pairStages} of the student and its first teacher. */
export function pairsOf({ student, teachers: [teacher] }: DistillationContext, options?: PairOptions): StagePair[] {
  return pairStages(student.stages, teacher.stages, options);
}

/** The feature before a stage's activation; a gated stage end has none, so there it is the stage's value. */
export function beforeActivation({ name, before }: StageTap): string {
  return before ? `${name}:before` : name;
}
