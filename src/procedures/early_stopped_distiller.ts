import * as tf from "@tensorflow/tfjs";
import type { Distiller } from "../distillation/distiller.ts";
import { kd, softDivergence } from "../distillation/kd.ts";

/**
 * Hinton's loss (B1's form of 1503.02531) up to the share `stop` of the steps, the labels alone after it, on one
 * schedule of the learning rate (1910.01348, section 5). `stop` 1 is `kd` itself.
 */
export function earlyStoppedKd(
  { temperature, alpha, stop }: { temperature: number; alpha: number; stop: number },
): Distiller {
  const whole = kd.create({ temperature, alpha });
  if (stop >= 1) return whole;
  return {
    ...whole,
    name: "early-stopped kd",
    withoutTensors: undefined,
    prepare: () => ({
      phases: [{
        name: "early-stopped kd",
        share: 1,
        taskWeight: (progress) => progress < stop ? alpha : 1,
        readsOutputs: true,
        term({ student, teachers: [teacher], progress }) {
          if (progress >= stop) return tf.scalar(0);
          return tf.mul(softDivergence(teacher.outputs.logits, student.outputs.logits, temperature), 1 - alpha);
        },
      }],
      dispose() {},
    }),
  };
}
