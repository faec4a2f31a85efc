// Chen, Wang & Zhang 2017, "DarkRank: Accelerating Deep Metric Learning via Cross Sample Similarities Transfer"
// (1707.01220). Each image of the batch asks, the images that the teacher finds most similar are ranked. With scores
// S_j = -scale * |e_query - e_j|^power of unit embeddings, an order has the Plackett-Luce probability
// prod_i exp S_i / sum_{k >= i} exp S_k. Hard: -log P_student(the teacher's order); soft: KL over all orders.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { asFloat } from "./as_float.ts";
import { defineDistiller, type DistillationContext } from "./distiller.ts";
import { embeddingOf } from "./embedding_of.ts";
import { product, transposed } from "./features/product.ts";
import { unitRows } from "./unit_rows.ts";

// 720 orders; of 7 images there are 5,040.
const longestSoftList = 6;
const defaultLists = { hard: 15, soft: 4 } as const;

// Below this squared distance two images count as the same: the root's slope is infinite at 0.
const leastSquaredDistance = 1e-6;

/** Log of the Plackett-Luce probability `[...]` of the order in which the scores `[..., L]` stand. */
export function logOrderProbability(scores: tf.Tensor): tf.Tensor {
  const length = scores.shape[scores.rank - 1];
  // Row i leaves out what was taken before place i; in log-space, so that no probability becomes 0.
  const taken = tf.tensor2d(
    Float32Array.from({ length: length ** 2 }, (_, at) => at % length < Math.floor(at / length) ? -1e30 : 0),
    [length, length],
  );
  const left = tf.logSumExp(tf.add(tf.expandDims(scores, -2), taken), -1);
  return tf.sum(tf.sub(scores, left), -1);
}

/** Every order of 0 to `length` - 1. */
export function orders(length: number): number[][] {
  if (length === 0) return [[]];
  return orders(length - 1).flatMap((order) =>
    Array.from({ length }, (_, place) => [...order.slice(0, place), length - 1, ...order.slice(place)])
  );
}

/** Matrix `[length, orders * length]` that puts scores `[..., length]` into each of `all` orders. */
function orderMatrix(all: readonly number[][], length: number): tf.Tensor2D {
  const columns = all.length * length;
  const values = new Float32Array(length * columns);
  all.flat().forEach((item, column) => values[item * columns + column] = 1);
  return tf.tensor2d(values, [length, columns]);
}

/** Mean over queries of -log P of the order in which the student's scores `[queries, L]` stand, the teacher's. */
export function hardRankLoss(student: tf.Tensor): tf.Scalar {
  return tf.neg(tf.mean(logOrderProbability(student)));
}

/** Mean over queries of KL(P_teacher || P_student) over all orders; scores `[queries, L]`. */
export function softRankLoss(teacher: tf.Tensor2D, student: tf.Tensor2D): tf.Scalar {
  const [queries, length] = student.shape;
  const all = orders(length);
  const matrix = orderMatrix(all, length);
  const logProbability = (scores: tf.Tensor2D) =>
    logOrderProbability(tf.reshape(product(scores, matrix), [queries, all.length, length]));
  const ofTeacher = logProbability(teacher);
  const divergence = tf.sum(tf.mul(tf.exp(ofTeacher), tf.sub(ofTeacher, logProbability(student))), -1);
  return tf.mean(divergence);
}

/** `-scale * distance^power` `[N, N]` of all pairs of embeddings `[N, D]`. */
export function pairScores(embedding: tf.Tensor, { scale, power }: { scale: number; power: number }): tf.Tensor2D {
  const unit = unitRows(embedding);
  const squared = tf.maximum(tf.sub(2, tf.mul(product(unit, transposed(unit)), 2)), leastSquaredDistance);
  return tf.mul(power === 2 ? squared : tf.pow(squared, power / 2), -scale);
}

/** One-hot `[N, N, length]`: for each query the images that the teacher's scores `[N, N]` put first, itself left out. */
function nearest(scores: tf.Tensor2D, length: number): tf.Tensor3D {
  const count = scores.shape[0];
  const others = tf.sub(scores, tf.mul(tf.eye(count), 1e30));
  const { indices } = tf.topk(others, length, true);
  return transposed(asFloat(tf.oneHot(indices, count)) as tf.Tensor3D);
}

const options = z.strictObject({
  mode: z.enum(["hard", "soft"]).default("soft").describe("the teacher's order alone, or all orders by probability"),
  weight: z.number().min(0).max(1e6).default(2).describe("weight of the ranking"),
  scale: z.number().positive().max(100).default(3).describe("a of the score -a * distance^b"),
  power: z.number().positive().max(10).default(3).describe("b of the score -a * distance^b"),
  listLength: z.int().min(2).max(255).optional()
    .describe(
      `images ranked per query, the teacher's nearest; by default ${defaultLists.soft} soft, up to ${defaultLists.hard} hard`,
    ),
}).refine(({ mode, listLength = 0 }) => mode === "hard" || listLength <= longestSoftList, {
  path: ["listLength"],
  message: `soft ranking goes over all orders, so lists have ${longestSoftList} images at most`,
});

function lengthOf({ mode, listLength }: z.output<typeof options>, { batchSize }: DistillationContext): number {
  const most = batchSize - 1;
  const length = listLength ?? Math.min(defaultLists[mode], most);
  if (length >= 2 && length <= most) return length;
  const least = Math.max(length, 2);
  throw new RangeError(
    `darkrank ranks lists of ${least}, which takes batches of ${least + 1} images, got ${batchSize}`,
  );
}

export const darkrank = defineDistiller({
  name: "darkrank",
  summary: "the order in which the teacher finds other images similar",
  paper: "1707.01220",
  tasks: ["classification", "retrieval"],
  options,
  create: (options) => ({
    needs: ["embedding"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      const { student, teachers: [teacher] } = context;
      const ofStudent = embeddingOf(student, { method: "darkrank", whose: "student" }).name;
      const ofTeacher = embeddingOf(teacher, { method: "darkrank", whose: "teacher" }).name;
      const length = lengthOf(options, context);
      return {
        phases: [{
          name: "darkrank",
          share: 1,
          taskWeight: 1,
          studentFeatures: [ofStudent],
          teacherFeatures: [[ofTeacher]],
          term({ student, teachers: [teacher] }) {
            const teacherScores = pairScores(teacher.features[ofTeacher], options);
            const list = nearest(teacherScores, length);
            const count = teacherScores.shape[0];
            const listed = (scores: tf.Tensor2D) =>
              tf.reshape(product(tf.reshape(scores, [count, 1, count]), list), [count, length]) as tf.Tensor2D;
            const studentScores = listed(pairScores(student.features[ofStudent], options));
            const loss = options.mode === "hard"
              ? hardRankLoss(studentScores)
              : softRankLoss(listed(teacherScores), studentScores);
            return tf.mul(loss, options.weight);
          },
        }],
        dispose() {},
      };
    },
  }),
});
