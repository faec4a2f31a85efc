// Zagoruyko & Komodakis 2017, "Paying More Attention to Attention" (1612.03928), section 3.2: the student's loss is to
// react to the images as the teacher's does. The term is of second order, so the training takes it (gradient_attention.ts).
import * as z from "zod";
import { defineDistiller } from "./distiller.ts";

export const attentionGradient = defineDistiller({
  name: "attention-gradient",
  summary: "the gradient of the loss with respect to the image, as the teacher's",
  paper: "1612.03928",
  tasks: ["classification"],
  options: z.strictObject({
    weight: z.number().min(0).default(0.001).describe(
      "beta: of half the squared difference of the gradients of an image, summed over its pixels",
    ),
  }),
  create: ({ weight }) => ({
    needs: ["imageGradient"],
    teachers: { least: 1, most: 1 },
    withoutTensors: true,
    prepare: () => ({
      phases: [{ name: "attention-gradient", share: 1, taskWeight: 1, imageGradientWeight: weight }],
      dispose() {},
    }),
  }),
});
