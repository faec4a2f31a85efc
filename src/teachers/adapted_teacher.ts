// A teacher of the user's behind the images and classes of a training.
import { contentHash } from "../schemas/architecture.ts";
import type { ImageAdaptation } from "./image_adaptation.ts";
import type { Teacher, TeacherOutput, TeacherRequest } from "./teacher.ts";

export interface AdaptedTeacherOptions {
  images: ImageAdaptation;
  /** The teacher's columns that are our classes, in their order; absent: all. */
  classes?: readonly number[];
  /** Whether the teacher's outputs are probabilities, of which the logarithm is a logit. */
  probabilities?: boolean;
}

// A teacher's images may be many times as large as ours.
const imagesAtOnce = 256;

// Below what rounding to 16 bits leaves of a probability; keeps logarithms finite.
const leastProbability = 1e-7;

/** Logarithms of probabilities, which are logits of the same distribution. */
export function logitsOfProbabilities(probabilities: Float32Array): Float32Array {
  return probabilities.map((probability) => Math.log(Math.max(leastProbability, probability)));
}

/** Whether every row of `[rows, classes]` is a distribution, as no logits of a trained network are. */
export function areProbabilities(values: Float32Array, classes: number): boolean {
  if (classes < 2) return false;
  for (let start = 0; start < values.length; start += classes) {
    let sum = 0;
    for (let at = start; at < start + classes; at++) {
      if (!(values[at] >= 0 && values[at] <= 1.001)) return false;
      sum += values[at];
    }
    if (Math.abs(sum - 1) > 0.01) return false;
  }
  return values.length > 0;
}

/**
 * Which columns are our classes: `classes` where given. RangeError that begins with `path` where the numbers of classes
 * differ and nothing is given, or a column is not there or given twice.
 */
export function chosenColumns(
  path: string,
  { outputs, wanted, classes }: { outputs: number; wanted: number; classes?: readonly number[] },
): readonly number[] | undefined {
  if (classes === undefined) {
    if (outputs === wanted) return undefined;
    throw new RangeError(
      `${path}: it has ${outputs} classes, the data has ${wanted}; the option classes (--teacher-classes) ` +
        `takes the ${wanted} columns, from 0 to ${outputs - 1}, that are the data's classes`,
    );
  }
  const wrong = classes.find((column) => !(Number.isInteger(column) && column >= 0 && column < outputs));
  if (wrong !== undefined) {
    throw new RangeError(`${path}: classes (--teacher-classes) names column ${wrong}; allowed are 0 to ${outputs - 1}`);
  }
  if (classes.length !== wanted) {
    throw new RangeError(
      `${path}: classes (--teacher-classes) must name ${wanted} columns, one per class, got ${classes.length}`,
    );
  }
  if (new Set(classes).size < wanted) {
    throw new RangeError(`${path}: classes (--teacher-classes) names a column twice`);
  }
  return classes.every((column, place) => column === place) && outputs === wanted ? undefined : classes;
}

function columnsOf(logits: Float32Array, { from, columns }: { from: number; columns: readonly number[] }) {
  const rows = logits.length / from;
  const chosen = new Float32Array(rows * columns.length);
  for (let row = 0, target = 0; row < rows; row++) {
    for (const column of columns) chosen[target++] = logits[row * from + column];
  }
  return chosen;
}

/** `teacher` behind its adaptation, which it is disposed with; itself where nothing changes. */
export function adaptTeacher(teacher: Teacher, options: AdaptedTeacherOptions): Teacher {
  const { images, classes, probabilities = false } = options;
  if (images.key === "" && !classes && !probabilities) return teacher;
  const from = teacher.taps.outputs;
  const adapted = (raw: Float32Array): Float32Array => {
    const logits = probabilities ? logitsOfProbabilities(raw) : raw;
    return classes ? columnsOf(logits, { from, columns: classes }) : logits;
  };
  const { predict } = teacher;
  return {
    name: teacher.name,
    hash: contentHash({ teacher: teacher.hash, images: images.key, classes: classes ?? null, probabilities }),
    taps: { ...teacher.taps, outputs: classes?.length ?? from },
    // The gradient is that of the teacher's own cross-entropy, over its own classes.
    gives: classes || probabilities ? teacher.gives.filter((need) => need !== "imageGradient") : teacher.gives,
    ...(teacher.views !== undefined && { views: teacher.views }),
    async outputs(request: TeacherRequest): Promise<TeacherOutput> {
      if (request.imageGradient && (classes || probabilities)) {
        throw new RangeError(`${teacher.name} gives no image gradients, since its outputs are adapted`);
      }
      const { logits, features, imageGradient } = await teacher.outputs({
        ...request,
        images: images.apply(request.images),
      });
      return {
        logits: adapted(logits),
        features,
        ...(imageGradient && { imageGradient: images.transpose(imageGradient) }),
      };
    },
    ...(predict && {
      async predict(all: Float32Array) {
        const width = classes?.length ?? from;
        const logits = new Float32Array(all.length / images.imageSize * width);
        for (let start = 0; start * images.imageSize < all.length; start += imagesAtOnce) {
          const some = all.subarray(start * images.imageSize, (start + imagesAtOnce) * images.imageSize);
          logits.set(adapted(await predict.call(teacher, images.apply(some))), start * width);
        }
        return logits;
      },
    }),
    dispose: () => teacher.dispose(),
  };
}
