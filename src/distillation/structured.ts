// Liu, Chen, Liu, Qin, Luo & Wang 2019, "Structured Knowledge Distillation for Semantic Segmentation" (1903.04197): single
// pixels, pairs of patches, and the map as a whole, by a critic. The released code takes the cross-entropy of pixels, not
// divided by the images, and no gradient through the lengths of features; here it is as the paper writes it.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { Critic } from "./critic.ts";
import { defineDistiller, type NetworkBatch } from "./distiller.ts";
import { pairsOf } from "./features/pair_stages.ts";
import { product, transposed } from "./features/product.ts";
import { Resampler } from "./features/resample.ts";
import { softDivergence } from "./kd.ts";

/** Largest values of the patches of a grid over `x` `[N, H, W, C]`: `[N, rows * columns, C]`. */
function patchesOf(x: tf.Tensor4D, [rows, columns]: readonly [number, number]): tf.Tensor3D {
  const [count, height, width, channels] = x.shape;
  if (rows === height && columns === width) return tf.reshape(x, [count, rows * columns, channels]);
  const edges = (length: number, parts: number) =>
    Array.from({ length: parts }, (_, part) => [
      Math.floor(part * length / parts),
      Math.ceil((part + 1) * length / parts),
    ]);
  const patches = edges(height, rows).flatMap(([top, bottom]) =>
    edges(width, columns).map(([left, right]) =>
      tf.max(tf.slice(x, [0, top, left, 0], [count, bottom - top, right - left, channels]), [1, 2])
    )
  );
  return tf.stack(patches, 1) as tf.Tensor3D;
}

function similarities(nodes: tf.Tensor3D): tf.Tensor3D {
  const unit = tf.div(nodes, tf.sqrt(tf.add(tf.sum(tf.square(nodes), -1, true), 1e-8))) as tf.Tensor3D;
  return product(unit, transposed(unit));
}

/**
 * Mean squared difference of the cosines of all pairs of patches, of features `[N, H, W, C]` of any sizes; a grid of as many
 * patches as there are pixels compares pixels (equation 3).
 */
export function pairLoss(student: tf.Tensor4D, teacher: tf.Tensor4D, grid: readonly [number, number]): tf.Scalar {
  const [ofStudent, ofTeacher] = [student, teacher].map((feature) => similarities(patchesOf(feature, grid)));
  return tf.mean(tf.square(tf.sub(ofStudent, ofTeacher)));
}

interface DenseMap {
  /** Class logits, or the logarithm of depths. */
  values: tf.Tensor4D;
  isClasses: boolean;
}

function mapOf({ outputs }: NetworkBatch, whose: string): DenseMap {
  const values = outputs.logits ?? outputs.logDepth;
  if (values?.rank === 4) return { values: values as tf.Tensor4D, isClasses: outputs.logits !== undefined };
  const given = Object.keys(outputs).join(", ") || "nothing";
  throw new RangeError(`structured needs a map per pixel, logits or logDepth, of the ${whose}, but it gives ${given}`);
}

/** Mean over the pixels of KL(teacher || student) of the classes, or of the absolute difference of the depths' logarithms. */
function pixelLoss(student: DenseMap, teacher: DenseMap): tf.Scalar {
  return student.isClasses
    ? softDivergence(teacher.values, student.values, 1)
    : tf.mean(tf.abs(tf.sub(teacher.values, student.values)));
}

/** What the critic sees: probabilities, since the scale of logits alone would give a network away. */
function shown({ values, isClasses }: DenseMap, image: tf.Tensor | undefined): tf.Tensor4D {
  const map = isClasses ? tf.softmax(values) : values;
  return image ? tf.concat([map, image as tf.Tensor4D], 3) : map;
}

const weight = z.number().min(0);

export const structured = defineDistiller({
  name: "structured",
  summary: "pixels, pairs of patches, and whole maps by a critic",
  paper: "1903.04197",
  tasks: ["segmentation", "depth"],
  options: z.strictObject({
    pixelWeight: weight.default(10).describe("of single pixels: divergence of classes, or distance of depths"),
    pairWeight: weight.default(1).describe("of the similarities of patches of the last stage; the paper has 0.5"),
    holisticWeight: weight.default(0.1).describe("of the critic's score"),
    grid: z.int().min(2).max(64).default(2).describe("patches along each side, at most the pixels of the stages"),
    criticLearningRate: z.number().positive().default(4e-4).describe("of the critic's own Adam"),
    conditioned: z.boolean().default(false).describe("whether the critic sees the image too, as in the paper's text"),
  }),
  create: ({ pixelWeight, pairWeight, holisticWeight, grid, criticLearningRate, conditioned }) => ({
    needs: pairWeight > 0 ? ["logits", "stages"] : ["logits"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      const pair = pairWeight > 0 ? pairsOf(context, { leastPixels: 4 }).at(-1) : undefined;
      const nodes = [Math.min(grid, pair?.size[0] ?? grid), Math.min(grid, pair?.size[1] ?? grid)] as const;
      const resampler = new Resampler();
      // Made with the first batch, which tells how many channels the maps have.
      let critic: Critic | undefined;
      const judged = (
        { values, isClasses }: DenseMap,
        targets: Record<string, tf.Tensor>,
      ): { critic: Critic; maps: tf.Tensor4D } => {
        const [, height, width] = values.shape;
        const image = conditioned ? resampler.resize(targets.image as tf.Tensor4D, [height, width]) : undefined;
        const maps = shown({ values, isClasses }, image);
        critic ??= new Critic({ channels: maps.shape[3], learningRate: criticLearningRate, seed: context.seed });
        return { critic, maps };
      };
      return {
        phases: [{
          name: "structured",
          share: 1,
          taskWeight: 1,
          readsOutputs: true,
          ...(pair && { studentFeatures: [pair.student.name], teacherFeatures: [[pair.teacher.name]] }),
          term({ student, targets, teachers: [teacher] }) {
            const map = mapOf(student, "student");
            const terms = [tf.mul(pixelLoss(map, mapOf(teacher, "teacher")), pixelWeight)];
            if (pair) {
              const ofStudent = student.features[pair.student.name] as tf.Tensor4D;
              const ofTeacher = teacher.features[pair.teacher.name] as tf.Tensor4D;
              terms.push(tf.mul(pairLoss(ofStudent, ofTeacher, nodes), pairWeight));
            }
            if (holisticWeight > 0) {
              const { critic, maps } = judged(map, targets);
              terms.push(tf.mul(tf.neg(tf.mean(critic.score(maps))), holisticWeight));
            }
            return tf.addN(terms) as tf.Scalar;
          },
          ...(holisticWeight > 0 && {
            afterStep({ student, targets, teachers: [teacher] }) {
              const { critic, maps } = judged(mapOf(student, "student"), targets);
              critic.train(judged(mapOf(teacher, "teacher"), targets).maps, maps);
            },
          }),
        }],
        dispose() {
          critic?.dispose();
          resampler.dispose();
        },
      };
    },
  }),
});
