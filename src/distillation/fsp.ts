// Yim, Joo, Bae & Kim 2017, "A Gift from Knowledge Distillation" (CVPR 2017): the flow of the solution procedure, a matrix
// of products of the channels before and after a section, is the teacher's. The paper initialises the student with it and
// then trains by the task alone, by squared distances of the matrices; trained together with the task, by their mean
// squares, it is the method of later comparisons.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { defineDistiller, type Phase, taskNames } from "./distiller.ts";
import { randomMatrix } from "./features/connector.ts";
import { pairsOf, type StagePair } from "./features/pair_stages.ts";
import { initialisationShareOption, taskPhase } from "./features/phases.ts";
import { product, transposed } from "./features/product.ts";
import { Resampler } from "./features/resample.ts";

/**
 * Flow from `first` `[N, H, W, m]` to `last` `[N, h, w, n]`: mean over the places of products of channels, `[N, m, n]`. The
 * larger is pooled to the size of the smaller, by the mean, where the paper takes the maximum.
 */
export function flowMatrix(first: tf.Tensor4D, last: tf.Tensor4D, resampler: Resampler): tf.Tensor3D {
  const size = [Math.min(first.shape[1], last.shape[1]), Math.min(first.shape[2], last.shape[2])] as const;
  const places = size[0] * size[1];
  const flat = (x: tf.Tensor4D): tf.Tensor3D =>
    tf.reshape(resampler.resize(x, size), [x.shape[0], places, x.shape[3]]) as tf.Tensor3D;
  return tf.div(product(transposed(flat(first)), flat(last)), places);
}

/** Connectors of a section's two ends, `[student channels, teacher channels]`; none where the channels are equal. */
type Ends = readonly [first: tf.Variable | undefined, last: tf.Variable | undefined];

/**
 * `flow` `[N, m, n]` of the student as that of its features after 1x1 convolutions without bias, which is the same as the
 * products with their matrices on both sides.
 */
function connect(flow: tf.Tensor3D, [first, last]: Ends): tf.Tensor3D {
  const multiply = (x: tf.Tensor3D, connector: tf.Variable): tf.Tensor3D => {
    const [count, rows, columns] = x.shape;
    const lines = product(tf.reshape(x, [count * rows, columns]), connector as tf.Tensor as tf.Tensor2D);
    return tf.reshape(lines, [count, rows, connector.shape[1] ?? 0]);
  };
  const after = last ? multiply(flow, last) : flow;
  return first ? transposed(multiply(transposed(after), first)) : after;
}

const modes = ["two-stage", "joint", "initialise"] as const;

export const fsp = defineDistiller({
  name: "fsp",
  summary: "products of channels before and after each section",
  paper: "10.1109/CVPR.2017.754",
  tasks: taskNames,
  options: z.strictObject({
    mode: z.enum(modes).default("two-stage").describe(
      "initialises and then trains by the task (paper), trains by both at once, or initialises only",
    ),
    initialisationShare: initialisationShareOption.default(0.2),
    weight: z.number().positive().default(0.5).describe("of the mean squares, in joint training; 50 is customary"),
  }),
  create: ({ initialisationShare, mode, weight }) => ({
    needs: ["stages"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      const pairs = pairsOf(context, { leastPairs: 2 });
      const resampler = new Resampler();
      const connectors = pairs.map(({ student, teacher }, index) =>
        student.shape[2] === teacher.shape[2]
          ? undefined
          : tf.tidy(() => tf.variable(randomMatrix(student.shape[2], teacher.shape[2], hashSeed(context.seed, index))))
      );
      const sections = pairs.slice(1).map((last, index) => ({ first: pairs[index], last, place: index }));
      const flowOf = (features: Record<string, tf.Tensor>, whose: "student" | "teacher", ends: StagePair[]) => {
        const [first, last] = ends.map((pair) => features[pair[whose].name] as tf.Tensor4D);
        return flowMatrix(first, last, resampler);
      };
      const phase: Phase = {
        name: "flow",
        share: mode === "two-stage" ? initialisationShare : 1,
        taskWeight: mode === "joint" ? 1 : 0,
        studentFeatures: pairs.map(({ student }) => student.name),
        teacherFeatures: [pairs.map(({ teacher }) => teacher.name)],
        variables: connectors.filter((connector) => connector !== undefined),
        ...(mode !== "joint" && { trainedUpTo: pairs[pairs.length - 1].student.name }),
        term({ student, teachers: [teacher] }) {
          const distances = sections.map(({ first, last, place }) => {
            const ofStudent = connect(
              flowOf(student.features, "student", [first, last]),
              [connectors[place], connectors[place + 1]],
            );
            const ofTeacher = flowOf(teacher.features, "teacher", [first, last]);
            const squares = tf.square(tf.sub(ofStudent, ofTeacher));
            return mode === "joint" ? tf.mean(squares) : tf.div(tf.sum(squares), squares.shape[0]);
          });
          return tf.mul(tf.addN(distances), mode === "joint" ? weight : 1) as tf.Scalar;
        },
      };
      return {
        phases: mode === "two-stage" ? [phase, taskPhase(context, 1 - initialisationShare)] : [phase],
        dispose() {
          resampler.dispose();
          tf.dispose(connectors.filter((connector) => connector !== undefined));
        },
      };
    },
  }),
});
