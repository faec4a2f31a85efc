// Plain imitation of a detector's boxes, with which Chen et al. 2017 compare bounded regression: the teacher is a target and
// not a bound.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { detectorParts } from "../../src/distillation/detection_losses.ts";
import { defineDistiller } from "../../src/distillation/distiller.ts";

export const boxImitation = defineDistiller({
  name: "box-imitation",
  summary: "squared distance of the boxes to the teacher's",
  paper: "Chen et al., NIPS 2017",
  tasks: ["detection"],
  options: z.strictObject({
    nu: z.number().min(0).default(0.1).describe("weight of the distance of boxes"),
  }),
  create: ({ nu }) => ({
    needs: ["logits"],
    teachers: { least: 1, most: 1 },
    prepare: () => ({
      phases: [{
        name: "box imitation",
        share: 1,
        taskWeight: 1,
        readsOutputs: true,
        term({ student, targets, teachers: [teacher] }) {
          const distances = detectorParts(student.outputs, targets).map(({ boxOutput, boxWeights }) => {
            const difference = tf.squaredDifference(student.outputs[boxOutput], teacher.outputs[boxOutput]);
            return tf.mean(tf.sum(tf.mul(tf.sum(difference, -1), boxWeights), 1));
          });
          return tf.mul(tf.addN(distances), nu) as tf.Scalar;
        },
      }],
      dispose() {},
    }),
  }),
});
