// Tian, Krishnan & Isola 2020, "Contrastive Representation Distillation" (1910.10699): embeddings of one image by student
// and teacher are to be told from those of images of other classes. Both go through a trained linear layer to a sphere.
// `bank`: noise-contrastive estimation against memory banks of all images; `in-batch`: InfoNCE within the batch.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import {
  inBatchLoss,
  logNormaliser,
  negativeWeights,
  noiseContrastiveLoss,
  type Scores,
  scoresWith,
} from "./contrast.ts";
import { defineDistiller, type DistillationBatch, type Phase } from "./distiller.ts";
import { embeddingOf } from "./embedding_of.ts";
import { randomMatrix } from "./features/connector.ts";
import { product } from "./features/product.ts";
import { MemoryBank } from "./memory_bank.ts";
import { stopGradient } from "./stop_gradient.ts";
import { unitRows } from "./unit_rows.ts";

const options = z.strictObject({
  mode: z.enum(["bank", "in-batch"]).default("bank").describe(
    "negatives from memory banks of all images, or from the batch",
  ),
  weight: z.number().min(0).max(1e6).default(0.8).describe("weight of the contrast"),
  width: z.int().min(2).max(1024).default(128).describe("numbers per embedding on the sphere"),
  temperature: z.number().min(0.03).max(10).default(0.07).describe("divides the products of embeddings"),
  negatives: z.int().min(1).max(65536).default(512).describe("K, images of other classes per image; bank only"),
  momentum: z.number().min(0).max(1).default(0.5).describe("share of the old row when a bank is updated; bank only"),
});

/** A class per position; where all images have the same, each is one of its own. */
function classesOf(labels: ArrayLike<number>): ArrayLike<number> {
  const first = labels[0];
  return Array.prototype.some.call(labels, (label) => label !== first) ? labels : Array.from(labels, (_, at) => at);
}

/** 1 at `[i, j]` where i and j are two images of one class. */
function sameClass(positions: Uint32Array, classes: ArrayLike<number>): tf.Tensor2D {
  const count = positions.length;
  const same = Float32Array.from({ length: count ** 2 }, (_, at) => {
    const [row, column] = [Math.floor(at / count), at % count];
    return row !== column && classes[positions[row]] === classes[positions[column]] ? 1 : 0;
  });
  return tf.tensor2d(same, [count, count]);
}

export const crd = defineDistiller({
  name: "crd",
  summary: "embeddings of one image together, those of other classes apart",
  paper: "1910.10699",
  tasks: ["classification", "retrieval", "regression"],
  options,
  create: (options) => ({
    needs: ["embedding"],
    teachers: { least: 1, most: 1 },
    prepare({ labels, seed, student, teachers: [teacher], trainImages }) {
      const taps = [
        embeddingOf(student, { method: "crd", whose: "student" }),
        embeddingOf(teacher, { method: "crd", whose: "teacher" }),
      ];
      const { mode, momentum, negatives, temperature, weight, width } = options;
      const classes = classesOf(labels);
      const layers = taps.map(({ channels }, side) => ({
        matrix: tf.tidy(() => tf.variable(randomMatrix(channels, width, hashSeed(seed, "crd", side)))),
        bias: tf.tidy(() => tf.variable(tf.zeros([width]))),
      }));
      const embed = ({ student, teachers: [teacher] }: DistillationBatch) =>
        [student, teacher].map(({ features }, side) => {
          const { matrix, bias } = layers[side];
          const linear = product(features[taps[side].name], matrix as tf.Tensor);
          return unitRows(tf.add(linear, bias));
        });
      const variables = layers.flatMap(({ matrix, bias }) => [matrix, bias]);
      const common = {
        name: "crd",
        share: 1,
        taskWeight: 1,
        studentFeatures: [taps[0].name],
        teacherFeatures: [[taps[1].name]],
        variables,
      } satisfies Phase;
      if (mode === "in-batch") {
        const term = (batch: DistillationBatch): tf.Scalar => {
          const [ofStudent, ofTeacher] = embed(batch);
          const hidden = sameClass(batch.positions, classes);
          return tf.mul(inBatchLoss(ofStudent, ofTeacher, { hidden, temperature }), weight);
        };
        return { phases: [{ ...common, term }], dispose: () => tf.dispose(variables) };
      }
      const bank = new MemoryBank({ count: trainImages, width, sides: 2, seed: hashSeed(seed, "crd banks"), momentum });
      // Those of the step, drawn anew after it: a step's loss is a function of its batch.
      let drawn = bank.draw(negatives);
      let normalisers: tf.Scalar[] = [];
      let embedded: tf.Tensor2D[] = [];
      const scoresOf = (embedding: tf.Tensor2D, side: number, positions: Uint32Array): Scores => {
        const scaled = tf.div(embedding, temperature) as tf.Tensor2D;
        return {
          positive: tf.sum(tf.mul(scaled, bank.rows(side, positions)), -1),
          negative: scoresWith(drawn.sides[side], scaled),
        };
      };
      return {
        phases: [{
          ...common,
          term(batch) {
            const n = trainImages;
            const { positions } = batch;
            const embeddings = embed(batch);
            tf.dispose(embedded);
            embedded = embeddings.map((embedding) => tf.keep(tf.clone(embedding)));
            const weights = negativeWeights({ positions, drawn: drawn.places, classes, negatives });
            // Each side against the other one's bank.
            const scores = embeddings.map((embedding, side) => scoresOf(embedding, 1 - side, positions));
            if (normalisers.length === 0) {
              normalisers = scores.map((of) => tf.keep(stopGradient(logNormaliser(of, { n, weights }))));
            }
            const losses = scores.map((of, side) =>
              noiseContrastiveLoss(of, { logZ: normalisers[side], n, negatives, weights })
            );
            return tf.mul(tf.add(losses[0], losses[1]), weight);
          },
          afterStep({ positions }) {
            embedded.forEach((rows, side) => bank.update(side, positions, rows));
            tf.dispose(embedded);
            embedded = [];
            tf.dispose(drawn.sides);
            drawn = bank.draw(negatives);
          },
        }],
        dispose() {
          tf.dispose([variables, normalisers, embedded, drawn.sides]);
          bank.dispose();
        },
      };
    },
  }),
});
