// The losses of born-again networks (Furlanello et al. 2018, 1805.04770, sections 3.1 to 3.3). All are at temperature
// 1.
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../data/random.ts";
import type { Distiller } from "../distillation/distiller.ts";
import { kd } from "../distillation/kd.ts";
import type { Teacher, TeacherRequest } from "../teachers/teacher.ts";

/**
 * `ban`: the last generation alone; `labels`: in equal parts with the labels; `cwtm`: labels weighted by confidence;
 * `dkpp`: the last generation with its probabilities permuted.
 */
export const bornAgainVariants = ["ban", "labels", "cwtm", "dkpp"] as const;
export type BornAgainVariant = typeof bornAgainVariants[number];

/** Largest probability of each row over the sum of the batch's, `[N]`, from logits `[N, C]`: the weights of CWTM. */
export function confidenceWeights(teacherLogits: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const confidence = tf.max(tf.softmax(teacherLogits), -1);
    return tf.div(confidence, tf.sum(confidence));
  });
}

/** Confidence-weighted by teacher max: the labels' cross-entropy, each image weighted by the teacher's confidence. */
const confidenceWeighted: Distiller = {
  name: "cwtm",
  tasks: ["classification"],
  needs: ["logits"],
  teachers: { least: 1, most: 1 },
  prepare: () => ({
    phases: [{
      name: "cwtm",
      share: 1,
      taskWeight: 0,
      readsOutputs: true,
      term({ student, teachers: [teacher], targets }) {
        const perImage = tf.neg(tf.sum(tf.mul(targets.labels, tf.logSoftmax(student.outputs.logits)), -1));
        return tf.sum(tf.mul(perImage, confidenceWeights(teacher.outputs.logits)));
      },
    }],
    dispose() {},
  }),
};

/** The row with all but its largest value in a random order; the first of equally large ones stays. */
export function permuteOthers(row: Float32Array, random: Random): Float32Array {
  const largest = row.indexOf(Math.max(...row));
  const others = Array.from(row).filter((_, index) => index !== largest);
  random.shuffle(others);
  return Float32Array.from(
    row,
    (value, index) => index === largest ? value : others[index < largest ? index : index - 1],
  );
}

/**
 * Dark knowledge with permuted predictions: `teacher` whose logits, so its probabilities too, are permuted anew in each
 * answer, all but each image's largest. It stays the caller's.
 */
export function permutedTeacher(teacher: Teacher, seed: number): Teacher {
  const classes = teacher.taps.outputs;
  const random = new Random(hashSeed(seed, "permuted"));
  return {
    ...teacher,
    async outputs(request: TeacherRequest) {
      const output = await teacher.outputs(request);
      const logits = new Float32Array(output.logits.length);
      for (let start = 0; start < logits.length; start += classes) {
        logits.set(permuteOthers(output.logits.subarray(start, start + classes), random), start);
      }
      return { ...output, logits };
    },
    predict: undefined,
    dispose() {},
  };
}

/** The loss of one generation, and its teacher as that loss wants it. */
export function generationLoss(
  variant: BornAgainVariant,
  teacher: Teacher,
  seed: number,
): { distiller: Distiller; teacher: Teacher } {
  switch (variant) {
    case "ban":
      return { distiller: kd.create({ temperature: 1, alpha: 0 }), teacher };
    case "labels":
      // The paper adds the two losses up; their mean has the same direction.
      return { distiller: kd.create({ temperature: 1, alpha: 0.5 }), teacher };
    case "cwtm":
      return { distiller: confidenceWeighted, teacher };
    case "dkpp":
      return { distiller: kd.create({ temperature: 1, alpha: 0 }), teacher: permutedTeacher(teacher, seed) };
    default:
      throw new RangeError(`variant must be one of ${bornAgainVariants.join(", ")}, got ${variant satisfies never}`);
  }
}
