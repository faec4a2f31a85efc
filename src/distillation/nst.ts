// Huang & Wang 2017, "Like What You Like: Knowledge Distill via Neuron Selectivity Transfer" (1707.01219): each channel is a
// sample of what makes neurons active; the maximum mean discrepancy between the student's and the teacher's samples is
// added, weight/2 * (mean k(t, t') + mean k(s, s') - 2 mean k(s, t)) for each pair of stages.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { defineDistiller, taskNames } from "./distiller.ts";
import { pairsOf } from "./features/pair_stages.ts";
import { constantProduct, selfProduct, transposed } from "./features/product.ts";
import { Resampler } from "./features/resample.ts";

const kernels = ["linear", "poly", "gaussian"] as const;

export interface DiscrepancyOptions {
  kernel: typeof kernels[number];
  /** Of the kernel `poly`, `(x . y + offset)^degree`. Default 2 and 0. */
  degree?: number;
  offset?: number;
}

/** Channels of `x` `[N, H, W, C]` as columns of length 1, `[N, H * W, C]`; a channel of zeros stays one. */
export function channelColumns(x: tf.Tensor4D): tf.Tensor3D {
  const [count, height, width, channels] = x.shape;
  const columns = tf.reshape(x, [count, height * width, channels]);
  return tf.mul(columns, tf.rsqrt(tf.add(tf.sum(tf.square(columns), 1, true), 1e-8)));
}

/** `x . y` of all columns of `student` `[N, P, A]` and of the constant `teacher` `[N, P, B]`: `[N, A, B]`. */
function crossProducts(student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Tensor3D {
  return constantProduct(transposed(student), teacher);
}

/** Sums of all products of places of `columns` over their number, `[N, P, P]`. */
function gramMatrix(columns: tf.Tensor3D): tf.Tensor3D {
  return tf.div(selfProduct(transposed(columns)), columns.shape[2]);
}

/** Squared distances of all columns of `a` and `b` from their inner products, all `[N, A, B]`. */
function squaredDistances(inner: tf.Tensor3D, [a, b]: readonly [tf.Tensor3D, tf.Tensor3D]): tf.Tensor3D {
  const lengths = tf.add(tf.expandDims(tf.sum(tf.square(a), 1), 2), tf.expandDims(tf.sum(tf.square(b), 1), 1));
  return tf.sub(lengths, tf.mul(inner, 2));
}

/** Mean squared distance of the columns of `student` and `teacher`, a constant for gradients: the width of the kernel. */
export function kernelWidth(student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Scalar {
  const measure = tf.customGrad((operand) => {
    const columns = operand as tf.Tensor3D;
    const { shape } = columns;
    const distances = squaredDistances(crossProducts(columns, teacher), [columns, teacher]);
    return { value: tf.maximum(tf.mean(distances), 1e-6), gradFunc: () => [tf.zeros(shape)] };
  });
  return measure(student) as tf.Scalar;
}

/**
 * Squared maximum mean discrepancy of the columns of `student` `[N, P, A]` and `teacher` `[N, P, B]`, mean over the batch.
 * `width`: sigma squared of the Gaussian kernel, by default {@linkcode kernelWidth}.
 */
export function discrepancy(
  student: tf.Tensor3D,
  teacher: tf.Tensor3D,
  { kernel, degree = 2, offset = 0 }: DiscrepancyOptions,
  width?: tf.Scalar,
): tf.Scalar {
  const [count, places] = student.shape;
  type Pair = readonly [tf.Tensor3D, tf.Tensor3D];
  const meanOf = (kernelOf: (inner: tf.Tensor3D, pair: Pair) => tf.Tensor3D): tf.Scalar => {
    const own = tf.add(
      tf.mean(kernelOf(selfProduct(teacher), [teacher, teacher])),
      tf.mean(kernelOf(selfProduct(student), [student, student])),
    );
    const cross = tf.mean(kernelOf(crossProducts(student, teacher), [student, teacher]));
    return tf.sub(own, tf.mul(cross, 2)) as tf.Scalar;
  };
  switch (kernel) {
    case "linear":
      // The same as the mean of all inner products, at a fraction of the work.
      return tf.div(tf.sum(tf.square(tf.sub(tf.mean(student, 2), tf.mean(teacher, 2)))), count);
    case "poly":
      // Equal to the difference of Gram matrices of the places, which are smaller where there are many channels.
      if (degree === 2 && offset === 0 && places <= Math.min(student.shape[2], teacher.shape[2])) {
        return tf.div(tf.sum(tf.square(tf.sub(gramMatrix(student), gramMatrix(teacher)))), count);
      }
      return meanOf((inner) => {
        const sum = offset === 0 ? inner : tf.add(inner, offset) as tf.Tensor3D;
        // Repeated products, since a power has no logarithm of negative numbers.
        return Array.from({ length: degree - 1 }).reduce<tf.Tensor3D>((power) => tf.mul(power, sum), sum);
      });
    case "gaussian": {
      const scale = tf.div(-0.5, width ?? kernelWidth(student, teacher));
      return meanOf((inner, pair) => tf.exp(tf.mul(squaredDistances(inner, pair), scale)));
    }
    default:
      return kernel satisfies never;
  }
}

export const nst = defineDistiller({
  name: "nst",
  summary: "distribution of the channels' activity over the image",
  paper: "1707.01219",
  tasks: taskNames,
  options: z.strictObject({
    kernel: z.enum(kernels).default("poly").describe("compares two channels"),
    degree: z.int().min(1).max(4).default(2).describe("of the kernel poly, (x . y + offset)^degree"),
    offset: z.number().min(0).default(0).describe("of the kernel poly"),
    stages: z.int().min(1).max(16).default(2).describe("how many of the last pairs of stages; the earlier cost most"),
    weight: z.number().positive().default(10).describe("of half the discrepancy, summed over stages; 50 is customary"),
  }),
  create: ({ stages, weight, ...kernel }) => ({
    needs: ["stages"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      // A channel of a single pixel has length 1 whatever it shows.
      const pairs = pairsOf(context, { leastPixels: 2 }).slice(-stages);
      const resampler = new Resampler();
      return {
        phases: [{
          name: "nst",
          share: 1,
          taskWeight: 1,
          studentFeatures: pairs.map(({ student }) => student.name),
          teacherFeatures: [pairs.map(({ teacher }) => teacher.name)],
          term({ student, teachers: [teacher] }) {
            const columnsOf = (feature: tf.Tensor, size: readonly [number, number]) =>
              channelColumns(resampler.resize(feature as tf.Tensor4D, size));
            const discrepancies = pairs.map((pair) =>
              discrepancy(
                columnsOf(student.features[pair.student.name], pair.size),
                columnsOf(teacher.features[pair.teacher.name], pair.size),
                kernel,
              )
            );
            return tf.mul(tf.addN(discrepancies), weight / 2) as tf.Scalar;
          },
        }],
        dispose: () => resampler.dispose(),
      };
    },
  }),
});
