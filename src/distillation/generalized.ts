// Lopez-Paz, Bottou, Schoelkopf & Vapnik 2016, "Unifying distillation and privileged information" (1511.03643): the teacher
// sees x*, a richer form of what the student sees, x: (1 - weight) * CE(y, f(x)) + weight * T^2 * CE(teacher(x*) at T, f(x)
// at T). Which forms are seen is up to the data: its `rendering` for the student, renderedTeacher for the teacher. With
// x* = x this is Hinton's distillation.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { defineDistiller } from "./distiller.ts";
import { softDivergence, temperatureOption } from "./kd.ts";

export const generalized = defineDistiller({
  name: "generalized",
  summary: "a teacher that sees more of an image than the student does",
  paper: "1511.03643",
  tasks: ["classification"],
  options: z.strictObject({
    weight: z.number().min(0).max(1).default(0.9).describe(
      "of the teacher; the labels have the rest (lambda: imitation)",
    ),
    temperature: temperatureOption.default(4),
  }),
  create: ({ weight, temperature }) => ({
    needs: ["logits"],
    teachers: { least: 1, most: 1 },
    withoutTensors: true,
    prepare: () => ({
      phases: [{
        name: "generalized",
        share: 1,
        taskWeight: 1 - weight,
        readsOutputs: true,
        // The divergence is the cross-entropy less the teacher's entropy, which no student can change.
        softTargets: { temperature, alpha: 1 - weight },
        term: ({ student, teachers: [teacher] }) =>
          tf.mul(softDivergence(teacher.outputs.logits, student.outputs.logits, temperature), weight),
      }],
      dispose() {},
    }),
  }),
});
