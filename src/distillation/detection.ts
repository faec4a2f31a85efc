// Chen, Choi, Yu, Han & Chandraker 2017, "Learning Efficient Object Detection Models with Knowledge Distillation" (NIPS):
// for each stage of the detector mu * hard + (1 - mu) * weighted soft classes, Huber's loss + nu * bounded boxes;
// gamma * hint. Student and teacher answer for the same cells and regions.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { boundedBoxLoss, detectorParts, hardClassLoss, smoothBoxLoss, softClassLoss } from "./detection_losses.ts";
import { defineDistiller, type DistillationContext } from "./distiller.ts";
import { Connector } from "./features/connector.ts";
import { pairsOf } from "./features/pair_stages.ts";
import { Resampler } from "./features/resample.ts";

const share = z.number().min(0).max(1);
const weight = z.number().min(0);

interface Hint {
  features: readonly [student: string, teacher: string];
  variables: readonly tf.Variable[];
  loss(student: tf.Tensor, teacher: tf.Tensor): tf.Scalar;
  dispose(): void;
}

/** The distance of the last stages, by a 1x1 layer on the student's even where the channels are the same. */
function createHint(context: DistillationContext, distance: "l1" | "l2"): Hint {
  const pair = pairsOf(context).at(-1);
  if (!pair) throw new RangeError("no stages to compare");
  const { student, teacher, size } = pair;
  const connector = new Connector({ from: student.shape[2], to: teacher.shape[2], seed: context.seed });
  const resampler = new Resampler();
  return {
    features: [student.name, teacher.name],
    variables: connector.variables,
    loss(student, teacher) {
      const adapted = connector.apply(resampler.resize(student as tf.Tensor4D, size));
      const difference = tf.sub(adapted, resampler.resize(teacher as tf.Tensor4D, size));
      return tf.mean(distance === "l1" ? tf.abs(difference) : tf.square(difference));
    },
    dispose() {
      connector.dispose();
      resampler.dispose();
    },
  };
}

export const detection = defineDistiller({
  name: "detection",
  summary: "weighted soft classes, boxes bounded by the teacher's, a hint",
  paper: "Chen et al., NIPS 2017",
  tasks: ["detection"],
  options: z.strictObject({
    mu: share.default(0.5).describe("weight of the labels' classes; the teacher's have the rest"),
    nu: weight.default(0.1).describe(
      "weight of the bounded error of boxes; 0.5 held small students back",
    ),
    gamma: weight.default(2).describe("weight of the hint, the mean distance of the last stages; 0: none"),
    margin: weight.default(0.02).describe("a box counts while its squared error plus this is above the teacher's"),
    backgroundWeight: weight.default(1.5).describe("of the background in the soft classes; digits have 1"),
    hint: z.enum(["l1", "l2"]).default("l2").describe("distance of the hint"),
  }),
  create: ({ mu, nu, gamma, margin, backgroundWeight, hint: distance }) => ({
    needs: gamma > 0 ? ["logits", "stages"] : ["logits"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      const hint = gamma > 0 ? createHint(context, distance) : undefined;
      return {
        phases: [{
          name: "detection",
          share: 1,
          // The term holds the labels' loss itself, of which mu weights a part.
          taskWeight: 0,
          readsOutputs: true,
          ...(hint && {
            studentFeatures: [hint.features[0]],
            teacherFeatures: [[hint.features[1]]],
            variables: hint.variables,
          }),
          term({ student, targets, teachers: [teacher] }) {
            const terms = detectorParts(student.outputs, targets).flatMap((part) => {
              const [classes, boxes] = [student.outputs[part.classOutput], student.outputs[part.boxOutput]];
              const taught = { classes: teacher.outputs[part.classOutput], boxes: teacher.outputs[part.boxOutput] };
              if (!taught.classes || !taught.boxes) {
                throw new RangeError(
                  "detection needs a teacher with the student's kind of head, one-stage or two-stage",
                );
              }
              const soft = { student: classes, teacher: taught.classes, weights: part.weights };
              return [
                tf.mul(hardClassLoss(classes, part), mu),
                tf.mul(softClassLoss(soft, backgroundWeight), 1 - mu),
                smoothBoxLoss(boxes, part),
                tf.mul(boundedBoxLoss({ student: boxes, teacher: taught.boxes, part }, margin), nu),
              ];
            });
            if (hint) {
              const [ofStudent, ofTeacher] = hint.features;
              terms.push(tf.mul(hint.loss(student.features[ofStudent], teacher.features[ofTeacher]), gamma));
            }
            return tf.addN(terms) as tf.Scalar;
          },
        }],
        dispose: () => hint?.dispose(),
      };
    },
  }),
});
